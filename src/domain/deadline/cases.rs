//! The rules' own examples, those of their committees and of the textbooks, each with where it comes from.

use jiff::civil::date;

use super::*;

/// Holidays as they fell, by day: enough for the examples.
fn listed(date: Date, days: &[(&str, &str)]) -> Option<String> {
    days.iter().find(|(day, _)| *day == date.to_string()).map(|(_, name)| (*name).to_owned())
}

fn federal(date: Date) -> Option<String> {
    listed(
        date,
        &[
            ("2007-09-03", "Labor Day"),
            ("2007-11-12", "Veterans Day"),
            ("2016-12-26", "Christmas Day"),
            ("2026-11-11", "Veterans Day"),
            ("2026-11-26", "Thanksgiving Day"),
            ("2026-12-25", "Christmas Day"),
            ("2027-01-01", "New Year's Day"),
        ],
    )
}

fn massachusetts(date: Date) -> Option<String> {
    listed(date, &[("2008-04-21", "Patriots' Day")])
}

fn england(date: Date) -> Option<String> {
    listed(
        date,
        &[
            ("2026-04-03", "Good Friday"),
            ("2026-04-06", "Easter Monday"),
            ("2026-12-25", "Christmas Day"),
            ("2026-12-28", "Boxing Day (in lieu)"),
            ("2027-01-01", "New Year's Day"),
        ],
    )
}

fn bavaria(date: Date) -> Option<String> {
    listed(
        date,
        &[
            ("2026-01-06", "Heilige Drei Könige"),
            ("2026-04-03", "Karfreitag"),
            ("2026-04-06", "Ostermontag"),
            ("2026-05-01", "Tag der Arbeit"),
            ("2026-12-25", "1. Weihnachtstag"),
        ],
    )
}

fn none(_: Date) -> Option<String> {
    None
}

fn ask(rule: Rule, trigger: &str, period: Option<Period>) -> Request {
    Request::new(rule, trigger.parse().unwrap(), period)
}

fn count(request: &Request, zone: &str, holiday: HolidayOn<'_>) -> Result<Computed, DeadlineError> {
    let zone = TimeZone::get(zone).unwrap();
    compute(request, Court { zone: &zone, holiday, state_holiday: &massachusetts })
}

fn us(request: &Request) -> Computed {
    count(request, "America/New_York", &federal).unwrap()
}

fn uk(request: &Request) -> Computed {
    count(request, "Europe/London", &england).unwrap()
}

fn de(request: &Request) -> Computed {
    count(request, "Europe/Berlin", &bavaria).unwrap()
}

fn frcp(trigger: &str, days: u16) -> Request {
    ask(Rule::Frcp6, trigger, Some(Period::Days(days)))
}

fn before(request: Request) -> Request {
    Request { counting: Counting::Before, ..request }
}

fn served(request: Request, service: Service) -> Request {
    Request { service: Some(service), ..request }
}

fn cpr(trigger: &str, days: u16) -> Request {
    ask(Rule::Cpr28, trigger, Some(Period::Days(days)))
}

fn zpo(trigger: &str, period: Period) -> Request {
    ask(Rule::Zpo222, trigger, Some(period))
}

fn begins(request: Request) -> Request {
    Request { first_day_counts: true, ..request }
}

#[test]
fn row_64_frcp_21_days_from_5_november_end_after_thanksgiving() {
    let computed = us(&frcp("2026-11-05", 21));
    assert_eq!(computed.day, date(2026, 11, 27));
    // Midnight at the end of the day in the court's zone.
    assert_eq!(computed.until.to_string(), "2026-11-28T04:59:59Z");
    let said: Vec<(&str, &str)> =
        computed.lines.iter().map(|line| (line.cites, &*line.text)).collect();
    assert_eq!(
        said,
        [
            ("Fed. R. Civ. P. 6(a)(1)(A)", "Thu 5 Nov 2026: the day of the event is not counted."),
            ("Fed. R. Civ. P. 6(a)(1)(B)", "21 days, every day counted, end on Thu 26 Nov 2026."),
            (
                "Fed. R. Civ. P. 6(a)(1)(C)",
                "Thu 26 Nov 2026 is a holiday (Thanksgiving Day): the period runs on to Fri 27 Nov 2026."
            ),
            (
                "Fed. R. Civ. P. 6(a)(4)",
                "It ends at midnight at the end of Fri 27 Nov 2026 in the court's zone (America/New_York) for electronic \
                 filing; by other means, when the clerk's office is scheduled to close."
            ),
        ]
    );
}

#[test]
fn row_66_frcp_10_days_before_17_november_roll_backward() {
    assert_eq!(us(&before(frcp("2026-11-17", 10))).day, date(2026, 11, 6));
}

#[test]
fn row_68_cpr_3_clear_days_are_the_examples_of_the_rule() {
    // 20 October was a Friday in 2023 and a Monday in 2025.
    assert_eq!(uk(&before(cpr("2023-10-20", 3))).day, date(2023, 10, 16));
    assert_eq!(uk(&before(cpr("2025-10-20", 3))).day, date(2025, 10, 14));
}

/// Committee note of 2009 to 6(a)(5).
#[test]
fn the_next_day_is_forward_after_an_event_and_backward_before_one() {
    assert_eq!(us(&frcp("2007-08-18", 14)).day, date(2007, 9, 4));
    assert_eq!(us(&before(frcp("2007-09-15", 14))).day, date(2007, 8, 31));
}

/// The same note: inaccessibility extends forward, past the event's week-end and Labor Day.
#[test]
fn an_inaccessible_clerk_extends_even_a_backward_period_forward() {
    let mut request = before(frcp("2007-09-15", 14));
    request.inaccessible.insert(date(2007, 8, 31));
    assert_eq!(us(&request).day, date(2007, 9, 4));
}

/// 6(a)(6)(C): a holiday of the state counts after an event, not before one.
#[test]
fn patriots_day_extends_a_forward_period_only() {
    assert_eq!(us(&frcp("2008-04-07", 14)).day, date(2008, 4, 22));
    let back = us(&before(frcp("2008-05-05", 14)));
    assert_eq!(back.day, date(2008, 4, 21));
    assert!(back.lines.iter().any(|line| line.cites == "Fed. R. Civ. P. 6(a)(6)(C)"));
}

/// Committee note of 2009 to 6(a)(2): 72 hours over the end of daylight saving time.
#[test]
fn hours_pass_on_the_wall() {
    let request = ask(Rule::Frcp6, "2007-11-02T10:23", Some(Period::Hours(72)));
    assert_eq!(us(&request).until.to_string(), "2007-11-05T14:23:00Z", "9:23 a.m. EST on Monday");
}

/// The same note: hours that end on a holiday run to the same time on the next day that is none.
#[test]
fn hours_that_end_on_a_holiday_run_to_the_same_time_of_the_next_court_day() {
    let request = ask(Rule::Frcp6, "2007-11-09T10:23", Some(Period::Hours(72)));
    let computed = us(&request);
    assert_eq!(computed.day, date(2007, 11, 13));
    assert_eq!(computed.until.to_string(), "2007-11-13T15:23:00Z");
}

/// Committee note of 2005: the three days are counted after the period would otherwise expire, then rolled.
#[test]
fn three_days_for_mail_follow_the_end_of_the_period() {
    for (trigger, days, day) in [
        // A period that ends on a Wednesday: the third day is a Saturday, so Monday.
        ("2026-11-04", 14, "2026-11-23"),
        // A period that ends on a Saturday is Monday first; then Thursday.
        ("2026-10-31", 14, "2026-11-19"),
        // The three days end on a Sunday, the Monday is a holiday.
        ("2016-12-09", 13, "2016-12-27"),
    ] {
        let mail = us(&served(frcp(trigger, days), Service::Mail));
        assert_eq!(mail.day.to_string(), day, "{trigger}");
        for service in [Service::Clerk, Service::Consented] {
            assert_eq!(us(&served(frcp(trigger, days), service)).day, mail.day);
        }
    }
}

#[test]
fn electronic_and_personal_service_add_no_days() {
    let plain = us(&frcp("2026-11-05", 21));
    for service in [Service::Electronic, Service::Personal] {
        let with = us(&served(frcp("2026-11-05", 21), service));
        assert_eq!(with.day, plain.day);
        assert!(with.lines.iter().any(|line| line.cites == "Fed. R. Civ. P. 6(d)"));
    }
}

#[test]
fn longer_units_end_on_the_corresponding_day() {
    let month = ask(Rule::Frcp6, "2026-10-31", Some(Period::Months(1)));
    assert_eq!(us(&month).day, date(2026, 11, 30));
    let year = ask(Rule::Frcp6, "2025-12-25", Some(Period::Years(1)));
    assert_eq!(us(&year).day, date(2026, 12, 28), "Christmas, then a week-end");
}

/// The second and the third example in CPR 2.8(3).
#[test]
fn cpr_examples_of_28_days_notice_and_14_days_for_particulars() {
    let hearing = Request { counting: Counting::AtLeastAfter, ..cpr("2025-10-01", 28) };
    assert_eq!(uk(&hearing).day, date(2025, 10, 30));
    assert_eq!(uk(&cpr("2025-10-02", 14)).day, date(2025, 10, 16));
}

#[test]
fn cpr_up_to_five_days_skip_week_ends_and_bank_holidays_and_six_days_do_not() {
    // From Maundy Thursday: Easter does not count.
    assert_eq!(uk(&cpr("2026-04-02", 5)).day, date(2026, 4, 13));
    assert_eq!(uk(&cpr("2026-04-02", 6)).day, date(2026, 4, 8));
}

#[test]
fn cpr_only_an_act_at_the_court_office_may_wait_until_it_opens() {
    let request = cpr("2026-04-19", 7);
    assert_eq!(uk(&request).day, date(2026, 4, 26), "a Sunday");
    let filed = Request { at_court_office: true, ..request };
    assert_eq!(uk(&filed).day, date(2026, 4, 27));
}

#[test]
fn cpr_the_last_day_before_a_hearing_is_one_on_which_service_counts() {
    // 7 clear days before Tuesday 28 April begin on Monday 20; 8 on Sunday 19, when nothing counts as served.
    assert_eq!(uk(&before(cpr("2026-04-28", 7))).day, date(2026, 4, 20));
    assert_eq!(uk(&before(cpr("2026-04-28", 8))).day, date(2026, 4, 17));
}

#[test]
fn cpr_months_end_on_the_corresponding_date() {
    let four = ask(Rule::Cpr28, "2026-10-31", Some(Period::Months(4)));
    assert_eq!(uk(&four).day, date(2027, 2, 28));
}

/// The table of 6.26, row by row; the examples follow Practice Direction 6A, paragraph 10.
#[test]
fn cpr_6_26_deems_documents_served_by_the_table() {
    use Service::{Delivered, Dx, Electronic, Fax, Mail, Personal};
    for (service, trigger, day) in [
        (Mail, "2026-11-02", "2026-11-04"),
        (Mail, "2026-11-05", "2026-11-09"),
        (Mail, "2026-11-06", "2026-11-09"),
        (Mail, "2026-12-23", "2026-12-29"),
        (Dx, "2026-11-02", "2026-11-04"),
        (Delivered, "2026-11-02T16:29", "2026-11-02"),
        (Delivered, "2026-11-07T10:00", "2026-11-09"),
        (Fax, "2026-11-06T16:30", "2026-11-09"),
        (Electronic, "2026-11-02T16:29:59", "2026-11-02"),
        (Electronic, "2026-11-02T16:30", "2026-11-03"),
        (Electronic, "2026-12-24T17:00", "2026-12-29"),
        (Personal, "2026-11-02T17:00", "2026-11-03"),
        (Personal, "2026-11-08T11:00", "2026-11-09"),
    ] {
        let request = served(ask(Rule::Cpr626, trigger, None), service);
        assert_eq!(uk(&request).day.to_string(), day, "{service:?} {trigger}");
    }
}

#[test]
fn cpr_6_14_deems_a_claim_form_served_on_the_second_business_day_after() {
    for (trigger, day) in [
        ("2026-11-02", "2026-11-04"),
        ("2026-11-06", "2026-11-10"),
        ("2026-11-07", "2026-11-10"),
        ("2026-12-24", "2026-12-30"),
    ] {
        let request = served(ask(Rule::Cpr614, trigger, None), Service::Mail);
        assert_eq!(uk(&request).day.to_string(), day, "{trigger}");
    }
}

/// The standard cases: § 187 Abs. 1 with § 188 Abs. 1 to 3 BGB and § 222 Abs. 2 ZPO.
#[test]
fn zpo_periods_after_an_event() {
    for (trigger, period, day) in [
        ("2026-11-02", Period::Days(14), "2026-11-16"),
        ("2026-11-03", Period::Weeks(2), "2026-11-17"),
        ("2026-10-02", Period::Months(1), "2026-11-02"),
        // 31 January and a month: the last day of February, which is a Saturday in 2026.
        ("2026-01-31", Period::Months(1), "2026-03-02"),
        ("2024-01-31", Period::Months(1), "2024-02-29"),
        // 28 February and a month: the day of the same number, not the end of the month (a Saturday, then Monday).
        ("2026-02-28", Period::Months(1), "2026-03-30"),
        // Good Friday to Easter Monday.
        ("2026-03-03", Period::Months(1), "2026-04-07"),
        ("2024-02-29", Period::Years(1), "2025-02-28"),
    ] {
        assert_eq!(de(&zpo(trigger, period)).day.to_string(), day, "{trigger} {period}");
    }
}

#[test]
fn a_holiday_counts_only_in_its_land() {
    let request = zpo("2025-12-23", Period::Weeks(2));
    assert_eq!(de(&request).day, date(2026, 1, 7), "6 January in Bavaria");
    let berlin = count(&request, "Europe/Berlin", &none).unwrap();
    assert_eq!(berlin.day, date(2026, 1, 6));
}

/// § 187 Abs. 2, § 188 Abs. 2 BGB: the first day counts.
#[test]
fn bgb_periods_that_begin_with_a_day() {
    for (first, period, day) in [
        ("2026-09-01", Period::Months(3), "2026-11-30"),
        ("2026-11-02", Period::Weeks(1), "2026-11-09"),
        ("2026-11-02", Period::Days(10), "2026-11-11"),
        ("2024-01-31", Period::Months(1), "2024-02-29"),
        ("2024-01-30", Period::Months(1), "2024-02-29"),
        ("2023-01-29", Period::Months(1), "2023-02-28"),
        ("2024-02-01", Period::Months(1), "2024-02-29"),
        ("2026-01-01", Period::Years(1), "2026-12-31"),
    ] {
        let request = begins(ask(Rule::Bgb187, first, Some(period)));
        assert_eq!(de(&request).day.to_string(), day, "{first} {period}");
    }
}

#[test]
fn zpo_hours_do_not_pass_on_saturdays_sundays_and_holidays() {
    let request = |trigger, hours| zpo(trigger, Period::Hours(hours));
    assert_eq!(de(&request("2026-11-06T15:00", 24)).until.to_string(), "2026-11-09T14:00:00Z");
    assert_eq!(de(&request("2026-11-03T15:00", 24)).until.to_string(), "2026-11-04T14:00:00Z");
    assert_eq!(de(&request("2026-11-07T15:00", 24)).day, date(2026, 11, 9), "to its midnight");
}

#[test]
fn what_a_rule_does_not_count_is_refused_and_never_guessed() {
    for request in [
        before(ask(Rule::Frcp6, "2026-11-05T10:00", Some(Period::Hours(24)))),
        begins(frcp("2026-11-05", 21)),
        served(frcp("2026-11-05", 21), Service::Dx),
        before(zpo("2026-11-05", Period::Weeks(1))),
        ask(Rule::Cpr28, "2026-11-05", Some(Period::Hours(4))),
        served(ask(Rule::Cpr626, "2026-11-05", None), Service::Clerk),
        served(cpr("2026-11-05", 3), Service::Mail),
    ] {
        let error = count(&request, "Europe/London", &none).unwrap_err();
        assert!(matches!(error, DeadlineError::NotByThisRule { .. }), "{request:?}: {error}");
    }
    for request in [
        ask(Rule::Frcp6, "2026-11-05", None),
        ask(Rule::Frcp6, "2026-11-05", Some(Period::Hours(24))),
        ask(Rule::Zpo222, "2026-11-05", Some(Period::Hours(24))),
        ask(Rule::Cpr626, "2026-11-05", None),
        served(ask(Rule::Cpr626, "2026-11-05", None), Service::Electronic),
    ] {
        let error = count(&request, "Europe/London", &none).unwrap_err();
        assert!(matches!(error, DeadlineError::Needs { .. }), "{request:?}: {error}");
    }
}

#[test]
fn a_court_that_never_opens_and_the_end_of_time_are_errors_not_loops() {
    let always = |_: Date| Some("closed".to_owned());
    let error = count(&frcp("2026-11-05", 21), "America/New_York", &always).unwrap_err();
    assert!(matches!(error, DeadlineError::NeverOpen { .. }));
    let years = ask(Rule::Frcp6, "2026-11-05", Some(Period::Years(9000)));
    assert_eq!(count(&years, "UTC", &none), Err(DeadlineError::OutOfRange));
    let hours = ask(Rule::Zpo222, "2026-11-05T10:00", Some(Period::Hours(24)));
    assert!(count(&hours, "Europe/Berlin", &always).is_err());
}

#[test]
fn every_step_cites_its_provision() {
    for computed in [
        us(&served(frcp("2026-11-05", 21), Service::Mail)),
        uk(&before(cpr("2025-10-20", 3))),
        de(&zpo("2026-01-31", Period::Months(1))),
    ] {
        assert!(computed.lines.len() > 2);
        for line in computed.lines {
            let known = ["Fed. R. Civ. P.", "CPR ", "§ "];
            assert!(known.iter().any(|rule| line.cites.starts_with(rule)), "{line:?}");
        }
    }
}
