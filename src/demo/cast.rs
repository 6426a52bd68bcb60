//! Who writes to the practice office, and about what. All invented, all on `.example` domains.
//!
//! Owns people and matters. It never holds a letter (those are the texts).

use crate::domain::{
    address::{AddressError, EmailAddress},
    matter::Role,
};

/// Somebody with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// The word by which the texts call them.
    pub key: &'static str,
    /// As in their `From`.
    pub name: &'static str,
    /// Their address.
    pub address: &'static str,
    /// What stands under their letters.
    pub(super) signature: &'static str,
}

impl Person {
    /// The address as the product's rules have it.
    ///
    /// # Errors
    /// None for the cast: a test shows it.
    pub fn email_address(&self) -> Result<EmailAddress, AddressError> {
        EmailAddress::parse(self.address)
    }
}

/// A matter of the office.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plot {
    /// The word by which the texts call it.
    pub key: &'static str,
    /// 0 for the year of `now`, 1 for the one before.
    pub years_ago: i16,
    pub serial: u16,
    pub name: &'static str,
    pub area: &'static str,
    pub parties: &'static [(&'static str, Role)],
}

const fn person(
    key: &'static str,
    name: &'static str,
    address: &'static str,
    signature: &'static str,
) -> Person {
    Person { key, name, address, signature }
}

/// The address that the owner's account has.
pub(super) const OWNER: &str = "alice@marlowefinch.example";

/// Everybody. The first is the owner of the account.
pub(super) const PEOPLE: &[Person] = &[
    person("us", "Alice Marlowe", OWNER, "Kind regards\nAlice Marlowe\nMarlowe Finch Solicitors"),
    person("tom", "Tom Finch", "tom@marlowefinch.example", "Tom"),
    person("team", "Marlowe Finch team", "team@marlowefinch.example", ""),
    // clients
    person("dana", "Dana Whitfield", "dana@whitfield.example", "Dana"),
    person("kofi", "Kofi Mensah", "kofi@mensah.example", "Kofi"),
    person("ines", "Ines Roth", "ines@roth.example", "Herzliche Grüße\nInes Roth"),
    person("paul", "Paul Roth", "paul@roth.example", "Beste Grüße\nPaul Roth"),
    person(
        "priya",
        "Priya Raman",
        "priya.raman@northgate.example",
        "Best wishes\nPriya Raman\nCompany Secretary, Northgate Ltd",
    ),
    person(
        "graham",
        "Graham Oyelaran",
        "g.oyelaran@northgate.example",
        "Graham Oyelaran\nFinance Director, Northgate Ltd",
    ),
    person("adaeze", "Adaeze Okafor", "adaeze@okafor.example", "Thank you,\nAdaeze"),
    person("camille", "Camille Ferrand", "camille@ferrand.example", "Bien cordialement,\nCamille"),
    person("joaquin", "Joaquín Vidal", "joaquin@vidal.example", "Un saludo,\nJoaquín"),
    person("sean", "Sean Gallagher", "sean@gallagher.example", "Cheers, Sean"),
    // the other side, its counsel, and others in a matter
    person(
        "lindqvist",
        "P. Lindqvist",
        "pl@harlowlaw.example",
        "Yours faithfully\nP. Lindqvist\nHarlow Law",
    ),
    person(
        "harlow",
        "Harlow Estates",
        "lettings@harlowestates.example",
        "Harlow Estates, Lettings",
    ),
    person(
        "strand",
        "Helen Strand",
        "h.strand@strandfamilylaw.example",
        "Yours sincerely\nHelen Strand\nStrand Family Law",
    ),
    person("marcus", "Marcus Whitfield", "marcus@whitfieldjoinery.example", "Marcus"),
    person(
        "vogt",
        "Notariat Dr. Vogt",
        "kanzlei@notarvogt.example",
        "Mit freundlichen Grüßen\nDr. Hagen Vogt, Notar",
    ),
    person(
        "blackwood",
        "Rory Blackwood",
        "rory@blackwoodkerr.example",
        "Regards\nRory Blackwood\nBlackwood Kerr LLP",
    ),
    person("calder", "Calder Freight", "accounts@calderfreight.example", "Calder Freight Accounts"),
    person(
        "pryce",
        "Gwen Pryce",
        "claims@orchardmutual.example",
        "Gwen Pryce\nSenior Claims Handler, Orchard Mutual",
    ),
    person(
        "demir",
        "Dr Yusuf Demir",
        "y.demir@kneeclinic.example",
        "Dr Yusuf Demir\nConsultant Orthopaedic Surgeon",
    ),
    person(
        "caron",
        "Julien Caron",
        "j.caron@caronavocats.example",
        "Votre bien dévoué confrère,\nJulien Caron\nCaron Avocats",
    ),
    person(
        "kent",
        "Moira Kent",
        "m.kent@pennantsteel.example",
        "Regards\nMoira Kent\nHead of People, Pennant Steel",
    ),
    person("elena", "Elena Vidal", "elena@vidalfamilia.example", "Elena"),
    person("kwame", "Kwame Boateng", "kwame@boateng.example", "Kwame"),
    person(
        "judith",
        "Judith Prowse",
        "judith@prowseaccounts.example",
        "Kind regards\nJudith Prowse\nProwse Accounts",
    ),
    person("millrow", "Mill Row Lettings", "hello@millrowlettings.example", "Mill Row Lettings"),
    person(
        "registry",
        "County Court Registry",
        "registry@countycourt.example",
        "Civil Registry\nThis mailbox is read on court days between 10:00 and 16:00.",
    ),
    person(
        "listing",
        "Family Court Listing",
        "listing@familycourt.example",
        "Listing Office, Family Court",
    ),
    person(
        "probate",
        "Probate Registry",
        "enquiries@probateregistry.example",
        "Probate Registry Enquiries",
    ),
    // strangers and machines
    person(
        "hana",
        "佐藤 花",
        "hana.sato@satotrading.example",
        "佐藤 花\n佐藤トレーディング株式会社",
    ),
    person("layla", "ليلى حداد", "layla@haddad.example", "مع خالص التحية\nليلى حداد"),
    person("mateus", "Mateus Prado", "mateus.prado@pradocatering.example", "Mateus Prado"),
    person("ottilie", "Ottilie Brand", "ottilie.brand@brandpottery.example", "Ottilie Brand"),
    person("rhys", "Rhys Calloway", "rhys@callowayroofing.example", "Rhys"),
    person("nadia", "Nadia Petrov", "nadia.petrov@riverlane.example", "Nadia P."),
    person("bulletin", "The Practice Bulletin", "bulletin@lawbulletin.example", ""),
    person("cpd", "Evening Law Courses", "no-reply@eveninglaw.example", ""),
    person("supplies", "Penfold Office Supplies", "orders@penfoldsupplies.example", ""),
    person(
        "bar",
        "Legal Standards Board",
        "notices@legalstandards.example",
        "Legal Standards Board",
    ),
    person("daemon", "Mail Delivery System", "mailer-daemon@mail.example", ""),
    // looks like a client and is none
    person("spoof", "Dana Whitfield", "dana@whitfie1d.example", "Dana"),
];

/// The person whom the texts call so.
pub(super) fn find(key: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.key == key)
}

/// The matters. Their numbers are `YYYY-NNNN`.
pub(super) const PLOTS: &[Plot] = &[
    Plot {
        key: "whitfield",
        years_ago: 0,
        serial: 117,
        name: "Whitfield v. Whitfield",
        area: "divorce",
        parties: &[
            ("dana", Role::Client),
            ("marcus", Role::AdverseRepresented),
            ("strand", Role::OpposingCounsel),
            ("listing", Role::Court),
        ],
    },
    Plot {
        key: "mensah",
        years_ago: 0,
        serial: 121,
        name: "Mensah v. Harlow",
        area: "tenancy",
        parties: &[
            ("kofi", Role::Client),
            ("harlow", Role::AdverseRepresented),
            ("lindqvist", Role::OpposingCounsel),
            ("registry", Role::Court),
        ],
    },
    Plot {
        key: "roth",
        years_ago: 0,
        serial: 130,
        name: "Roth, Kauf Lindenweg 4",
        area: "contract",
        parties: &[("ines", Role::Client), ("paul", Role::Client), ("vogt", Role::ThirdParty)],
    },
    Plot {
        key: "northgate",
        years_ago: 1,
        serial: 877,
        name: "Northgate, board and shares",
        area: "company",
        parties: &[
            ("priya", Role::Client),
            ("graham", Role::ClientContact),
            ("judith", Role::ThirdParty),
        ],
    },
    Plot {
        key: "calder",
        years_ago: 0,
        serial: 64,
        name: "Northgate v. Calder Freight",
        area: "contract",
        parties: &[
            ("priya", Role::Client),
            ("graham", Role::ClientContact),
            ("calder", Role::AdverseRepresented),
            ("blackwood", Role::OpposingCounsel),
        ],
    },
    Plot {
        key: "okafor",
        years_ago: 0,
        serial: 98,
        name: "Okafor v. Brightline Buses",
        area: "personal injury",
        parties: &[
            ("adaeze", Role::Client),
            ("pryce", Role::Insurer),
            ("demir", Role::Expert),
            ("registry", Role::Court),
        ],
    },
    Plot {
        key: "ferrand",
        years_ago: 0,
        serial: 109,
        name: "Ferrand c. Atelier Lune",
        area: "employment",
        parties: &[("camille", Role::Client), ("caron", Role::OpposingCounsel)],
    },
    Plot {
        key: "vidal",
        years_ago: 1,
        serial: 912,
        name: "Estate of Teresa Vidal",
        area: "estate",
        parties: &[
            ("joaquin", Role::Client),
            ("elena", Role::Adverse),
            ("probate", Role::Court),
            ("judith", Role::Expert),
        ],
    },
    Plot {
        key: "gallagher",
        years_ago: 0,
        serial: 126,
        name: "Gallagher v. Pennant Steel",
        area: "employment",
        parties: &[("sean", Role::Client), ("kent", Role::Adverse)],
    },
    Plot {
        key: "deposit",
        years_ago: 0,
        serial: 42,
        name: "Okafor, deposit 9 Mill Row",
        area: "tenancy",
        parties: &[("adaeze", Role::Client), ("millrow", Role::Adverse)],
    },
    Plot {
        key: "will",
        years_ago: 0,
        serial: 133,
        name: "Whitfield, will and guardians",
        area: "estate",
        parties: &[("dana", Role::Client)],
    },
    Plot {
        key: "partnership",
        years_ago: 1,
        serial: 840,
        name: "Mensah & Boateng, partnership",
        area: "company",
        parties: &[("kofi", Role::Client), ("kwame", Role::Adverse), ("judith", Role::Expert)],
    },
];
