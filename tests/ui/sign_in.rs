//! Signing in from the screen: what the sheet shows at each step, and what its keys ask of the engine.

use matterbox::{
    app::{
        command::{Command, SignIn},
        event::{Event, LinkState, SignInChoice, SignInNews},
        sign_in::Way,
    },
    domain::id::AccountId,
    tui::Msg,
};

use crate::{
    desk::Desk,
    office::{at, text},
};

const SIZES: [((u16, u16), &str); 3] =
    [((60, 15), "60x15"), ((80, 24), "80x24"), ((120, 40), "120x40")];

/// As long as Microsoft's are.
const PAGE: &str = "https://login.microsoftonline.com/firm.example/oauth2/v2.0/authorize?response_type=code\
    &client_id=11111111-2222-3333-4444-555555555555&state=JwmJxjpuJcJGNMWO3ZtHRw\
    &code_challenge=gcj4vC1fGkqHRdUyR1Ag7eGmKtKsxFTMdHwSMBVUQ5I&code_challenge_method=S256\
    &redirect_uri=http%3A%2F%2Flocalhost%3A40217&scope=https%3A%2F%2Foutlook.office.com%2FIMAP.AccessAsUser.All+\
    https%3A%2F%2Foutlook.office.com%2FSMTP.Send+offline_access&login_hint=alice%40firm.example";

fn office() -> AccountId {
    AccountId::new(1)
}

fn asking(codes: bool, way: Way) -> SignInNews {
    SignInNews::Asking { account: office(), name: text("Office"), codes, way }
}

fn page() -> SignInNews {
    SignInNews::Page { url: text(PAGE), opened: true }
}

fn code() -> SignInNews {
    SignInNews::Code {
        url: text("https://microsoft.com/devicelogin"),
        code: text("WDJB-MJHT"),
        until: at("24 13:55"),
    }
}

fn failed() -> SignInNews {
    let why = "An administrator must consent before matterbox may be used with this account. No token was given out. Ask \
               the administrator of your directory to grant consent to the client id in the settings, then sign in \
               again. The provider said “AADSTS90094: The grant requires admin permission.”.";
    SignInNews::Failed { why: text(why) }
}

impl Desk {
    fn told_of_sign_in(&mut self, news: SignInNews) -> &mut Self {
        self.hears(Event::SignIn(news))
    }

    /// What was asked about signing in since this was asked last.
    fn orders(&mut self) -> Vec<SignIn> {
        let done = std::mem::take(&mut self.done);
        let order = |command| if let Command::SignIn(order) = command { Some(order) } else { None };
        done.into_iter().filter_map(order).collect()
    }

    fn begins(&mut self) -> Option<(Option<AccountId>, Option<Way>)> {
        match self.orders().as_slice() {
            [SignIn::Begin { account, way }] => Some((*account, *way)),
            _ => None,
        }
    }

    fn stops(&mut self) -> bool {
        matches!(self.orders().as_slice(), [SignIn::Stop])
    }
}

#[test]
fn each_step_at_each_size() {
    for (size, label) in SIZES {
        let mut desk = Desk::full(size);
        let reason = text(
            "Nobody has signed in to this account yet. Nothing was fetched or sent; what is in the outbox waits. Sign in \
             with the browser or a code.",
        );
        desk.link(LinkState::SignInNeeded { reason });
        insta::assert_snapshot!(format!("sign-in-needed-{label}"), desk.picture());
        desk.keys("j");
        insta::assert_snapshot!(format!("sign-in-needed-later-{label}"), desk.picture());
        let other = SignInChoice { account: AccountId::new(2), name: text("Notary"), waits: false };
        let first = SignInChoice { account: office(), name: text("Office"), waits: true };
        desk.keys("L").told_of_sign_in(SignInNews::Choose(vec![first, other]));
        insta::assert_snapshot!(format!("sign-in-choose-{label}"), desk.picture());
        desk.told_of_sign_in(asking(true, Way::Browser));
        insta::assert_snapshot!(format!("sign-in-asking-{label}"), desk.picture());
        desk.told_of_sign_in(page());
        insta::assert_snapshot!(format!("sign-in-page-{label}"), desk.picture());
        desk.told_of_sign_in(asking(true, Way::Code)).told_of_sign_in(code());
        insta::assert_snapshot!(format!("sign-in-code-{label}"), desk.picture());
        desk.told_of_sign_in(failed());
        insta::assert_snapshot!(format!("sign-in-failed-{label}"), desk.picture());
        desk.told_of_sign_in(SignInNews::Done { lasts: false });
        insta::assert_snapshot!(format!("sign-in-done-{label}"), desk.picture());
    }
}

#[test]
fn the_key_begins_and_the_engine_says_with_what() {
    let mut desk = Desk::full((80, 24));
    assert_eq!(desk.keys("L").begins(), Some((None, None)));
    // With nothing to sign in to nothing opens: the engine says why.
    assert!(!desk.picture().contains("Sign in at the provider"));
    desk.told_of_sign_in(asking(true, Way::Browser));
    assert!(desk.picture().contains("Office: asking the provider"));
}

#[test]
fn of_several_accounts_the_one_that_is_chosen_is_signed_in() {
    let mut desk = Desk::full((80, 24));
    let choice =
        |id, name| SignInChoice { account: AccountId::new(id), name: text(name), waits: false };
    desk.keys("L").orders();
    desk.told_of_sign_in(SignInNews::Choose(vec![choice(1, "Office"), choice(2, "Notary")]));
    desk.types("nota").keys("enter");
    assert_eq!(desk.begins(), Some((Some(AccountId::new(2)), None)));
}

#[test]
fn an_address_of_a_browser_elsewhere_is_handed_in_whole_and_leaves_the_screen() {
    let mut desk = Desk::full((80, 24));
    desk.keys("L").told_of_sign_in(asking(false, Way::Browser)).told_of_sign_in(page());
    desk.orders();
    // Nothing was typed: nothing is handed in.
    assert!(desk.keys("enter").orders().is_empty());
    desk.give(Msg::Paste("http://127.0.0.1:4711/?code=c&state=s\n".to_owned().into()))
        .keys("enter");
    let [SignIn::Bring(address)] = &desk.orders()[..] else { panic!("not handed in") };
    assert_eq!(address.expose(), "http://127.0.0.1:4711/?code=c&state=s");
    assert!(!desk.picture().contains("4711"), "{}", desk.picture());
}

#[test]
fn tab_takes_the_other_way_and_only_one_that_is_offered() {
    let mut desk = Desk::full((80, 24));
    desk.keys("L").told_of_sign_in(asking(true, Way::Browser)).told_of_sign_in(page());
    desk.orders();
    assert_eq!(desk.keys("tab").begins(), Some((Some(office()), Some(Way::Code))));
    desk.told_of_sign_in(asking(true, Way::Code)).told_of_sign_in(code());
    assert_eq!(desk.keys("tab").begins(), Some((Some(office()), Some(Way::Browser))));
    // Google gives no codes for mail.
    desk.told_of_sign_in(asking(false, Way::Browser)).told_of_sign_in(page());
    assert!(!desk.picture().contains("a code instead"));
    assert_eq!(desk.keys("tab").begins(), None);
}

#[test]
fn esc_stops_what_is_under_way_and_nothing_late_opens_the_sheet_again() {
    let mut desk = Desk::full((80, 24));
    desk.keys("L").told_of_sign_in(asking(true, Way::Code)).told_of_sign_in(code());
    desk.orders();
    assert!(desk.keys("esc").stops());
    assert!(!desk.picture().contains("WDJB-MJHT"));
    for late in [code(), page(), failed(), SignInNews::Done { lasts: true }] {
        let picture = desk.told_of_sign_in(late).picture();
        assert!(!picture.contains("Sign in at the provider"), "{picture}");
    }
    // After the end there is nothing to stop.
    for end in [failed(), SignInNews::Done { lasts: true }] {
        desk.told_of_sign_in(asking(true, Way::Code)).told_of_sign_in(end).keys("esc");
        assert!(desk.orders().is_empty());
        assert!(!desk.picture().contains("Sign in at the provider"));
    }
}

#[test]
fn what_failed_is_tried_again_in_the_same_way() {
    let mut desk = Desk::full((80, 24));
    desk.told_of_sign_in(asking(true, Way::Code)).told_of_sign_in(code()).told_of_sign_in(failed());
    assert!(desk.picture().contains("An administrator must consent"));
    assert_eq!(desk.keys("enter").begins(), Some((Some(office()), Some(Way::Code))));
}

#[test]
fn a_long_address_can_be_read_to_its_end_in_the_smallest_window() {
    let mut desk = Desk::full((60, 15));
    desk.told_of_sign_in(asking(true, Way::Browser)).told_of_sign_in(page());
    let mut seen = String::new();
    for _ in 0..12 {
        // Nothing but the address stands in lines without a blank.
        for line in desk.picture().lines().map(str::trim).filter(|line| line.is_ascii()) {
            if !line.contains(' ') && !seen.contains(line) {
                seen.push_str(line);
            }
        }
        desk.keys("down");
    }
    assert!(seen.contains(PAGE), "{seen}");
}

#[test]
fn the_privacy_screen_hides_address_and_code_and_keys_do_not_act_on_them() {
    let mut desk = Desk::full((80, 24));
    desk.told_of_sign_in(asking(true, Way::Code)).told_of_sign_in(code()).keys("esc").keys("p");
    desk.orders();
    desk.told_of_sign_in(asking(true, Way::Code)).told_of_sign_in(code());
    assert!(!desk.picture().contains("WDJB-MJHT"), "{}", desk.picture());
    assert_eq!(desk.keys("tab").begins(), None);
}
