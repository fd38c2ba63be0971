//! The demo as people start it: filled with many matters, and with a portal's client in every city.

use jieli::cli::{self, Shipped};

use crate::{
    portal::{PORTAL, SECRET, token},
    support::{TestApp, on_both_engines, text},
};

on_both_engines!(many_matters_fill_the_loaded_demo);

/// `jieli demo --matters N` on everything that the demo loads by itself.
async fn many_matters_fill_the_loaded_demo(app: TestApp) {
    cli::load_demo_matters(&app.db).await.expect("the demo's own matters");
    let before = app.count("SELECT COUNT(*) AS value FROM entrustments").await;
    cli::load_many_matters(&app.db, 5).await.expect("many");
    assert_eq!(app.count("SELECT COUNT(*) AS value FROM entrustments").await, before + 5);
    // They are numbered as others are, so that they are found by their numbers.
    let newest = app.as_user("city_inspector").get("/entrustments?sort=-created_at&limit=200").await.ok();
    let filled = newest["items"].as_array().expect("matters").iter().filter(|e| text(&e["applicant_name"]).contains("批量演示")).collect::<Vec<_>>();
    assert!(!filled.is_empty(), "{newest}");
    for e in filled {
        let number = text(&e["number"]);
        let groups: Vec<&str> = number.split('-').collect();
        assert!(groups.iter().skip(1).map(|g| g.len()).eq([6, 8, 6, 3]) && groups.iter().skip(1).all(|g| g.bytes().all(|b| b.is_ascii_digit())), "{number}");
        assert_eq!(app.as_user("city_inspector").get(&format!("/entrustments/{number}")).await.ok()["id"], e["id"]);
    }
    cli::load_many_matters(&app.db, 5).await.expect("as many again");
}

async fn has_its_client(app: TestApp) {
    token(&app, (PORTAL, SECRET), &[("grant_type", "client_credentials")]).await.ok();
    token(&app, (PORTAL, "another-secret-than-the-demo's"), &[("grant_type", "client_credentials")]).await.expect(401);
}

#[actix_web::test]
async fn another_city_has_its_client_on_sqlite() {
    has_its_client(TestApp::sqlite_city(Shipped::Gongqingcheng).await).await;
}

#[actix_web::test]
async fn another_city_has_its_client_on_postgres() {
    has_its_client(TestApp::postgres_city(Shipped::Gongqingcheng).await).await;
}
