//! People and clients from the command line, audited as `system:cli`.

use std::io::{IsTerminal as _, Read as _};

use super::CliError;
use crate::{
    auth::{Actor, Role, passwords, store},
    config::Config,
    db::{Db, Sealed, Tx},
    kernel::{Code as _, Id, random_token, sha256_hex},
    organization,
};

/// A person to add.
#[derive(Clone)]
pub struct NewUser {
    /// Login name.
    pub login: String,
    /// Name.
    pub name: String,
    /// Post.
    pub title: String,
    /// Role code.
    pub role: String,
    /// Division code of the center.
    pub center: Option<String>,
}

/// Adds a person with one role.
pub async fn add_user(db: &Db, config: &Config, new: NewUser) -> Result<(), CliError> {
    let role = Role::parse(&new.role).ok_or_else(|| {
        let codes: Vec<&str> = Role::ALL.iter().map(|r| r.code()).collect();
        CliError::Said(format!("没有角色 {}；可用：{}", new.role, codes.join(" ")))
    })?;
    if std::io::stdin().is_terminal() {
        eprintln!("password (end with Ctrl-D):");
    }
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password).map_err(|e| CliError::File("standard input".into(), e))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    if password.chars().count() < 10 {
        return Err(CliError::Said("口令至少 10 个字符".into()));
    }
    let cost = passwords::Cost { memory: config.argon2_memory_kib, passes: config.argon2_passes };
    let hash = passwords::hash_async(password, cost).await;
    let login = new.login.clone();
    db.commit(move |tx| {
        let center = match &new.center {
            Some(code) => Some(organization::store::center_by_reference(tx, code)?.ok_or_else(crate::kernel::Problem::not_found)?.id),
            None => None,
        };
        let id = insert(tx, Id::new(), &new, &hash, center)?;
        let node = if role.at_center() { center } else { None };
        organization::grant_directly(tx, &Actor::system("cli"), id, role, node)
    })
    .await?;
    println!("added {login}");
    Ok(())
}

/// Inserts an account.
pub fn insert(tx: &mut Tx, id: Id, new: &NewUser, hash: &str, center: Option<Id>) -> crate::db::Result<Id> {
    let user = store::User {
        id,
        login: new.login.clone(),
        password_hash: hash.to_owned(),
        display_name: Sealed::seal(tx.vault, &new.name)?,
        title: new.title.clone(),
        phone: None,
        employment: "full_time".into(),
        center_id: center,
        applicant_id: None,
        mandate_id: None,
        status: "active".into(),
        failures: 0,
        locked_until: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_user(tx, &user)?;
    Ok(user.id)
}

/// Adds a machine client and prints its secret once.
pub async fn add_client(db: &Db, client_id: String, name: String, kind: String, center: Option<String>) -> Result<(), CliError> {
    if !matches!(kind.as_str(), "portal" | "hotline" | "first_party") {
        return Err(CliError::Said("kind 应为 portal、hotline 或 first_party".into()));
    }
    let secret = random_token();
    let hash = sha256_hex(secret.as_bytes());
    let shown = client_id.clone();
    db.commit(move |tx| {
        let center_id = match &center {
            Some(code) => organization::store::center_by_reference(tx, code)?.map(|c| c.id),
            None => None,
        };
        let row = store::Client {
            id: Id::new(),
            client_id: client_id.clone(),
            secret_hash: hash.clone(),
            name: name.clone(),
            kind: kind.clone(),
            center_id,
            status: "active".into(),
            version: 1,
            created_at: tx.now,
            updated_at: tx.now,
            generation: 0,
        };
        store::insert_client(tx, &row)
    })
    .await?;
    println!("client_id     {shown}\nclient_secret {secret}\n(the secret is shown only now)");
    Ok(())
}

/// Gives a hotline client a new Open311 key and prints it once.
pub async fn add_open311_key(db: &Db, client_id: String) -> Result<(), CliError> {
    let key = random_token();
    let made = key.clone();
    let known = db
        .commit(move |tx| {
            let Some(client) = store::client(tx, &client_id)?.filter(|c| c.kind == "hotline") else { return Ok(false) };
            crate::open311::add_key(tx, client.id, &made)?;
            Ok(true)
        })
        .await?;
    if !known {
        return Err(CliError::Said("没有这个热线客户端".into()));
    }
    println!("api_key {key}\n(the key is shown only now)");
    Ok(())
}

const NO_HOTLINE: &str = "没有这个热线客户端";

/// Prints the Open311 keys of a client: their ids, never themselves.
pub async fn list_open311_keys(db: &Db, client_id: String) -> Result<(), CliError> {
    let keys = db
        .read(move |tx| {
            let client = store::client(tx, &client_id)?.filter(|c| c.kind == "hotline");
            client.map(|client| crate::open311::keys(tx, Some(client.id))).transpose()
        })
        .await?;
    for key in keys.ok_or_else(|| CliError::Said(NO_HOTLINE.into()))? {
        println!("{} {:<7} {}", key.id, key.state, key.created_at.rfc3339());
    }
    Ok(())
}

/// Takes a key of a client away: what is sent with it is refused from now on.
pub async fn revoke_open311_key(db: &Db, client_id: String, key: String) -> Result<(), CliError> {
    let id: Id = key.parse().map_err(|_| CliError::Said("密钥 id 不正确，见 --list".into()))?;
    let done = db
        .commit(move |tx| {
            let Some(client) = store::client(tx, &client_id)?.filter(|c| c.kind == "hotline") else { return Ok(None) };
            let own = crate::open311::keys(tx, Some(client.id))?.iter().any(|k| k.id == id);
            Ok(Some(own && crate::open311::revoke(tx, id)?))
        })
        .await?;
    match done {
        None => Err(CliError::Said(NO_HOTLINE.into())),
        Some(false) => Err(CliError::Said("没有这个在用的密钥，见 --list".into())),
        Some(true) => {
            println!("revoked {id}");
            Ok(())
        }
    }
}
