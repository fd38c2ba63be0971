//! What this deployment is to portals and providers.

use super::{
    asserted::{Identity, Unbelievable},
    providers::{ProviderKind, ProviderSettings},
    ticket,
};
use crate::outbound::Outbound;

/// What this deployment is.
#[derive(Clone)]
pub struct House {
    /// How we are reached.
    pub public_url: String,
    /// Nobody here is real: the fake provider may be used.
    pub with_fake: bool,
    /// How other platforms are asked.
    pub outbound: Outbound,
}

impl House {
    /// Where a provider sends people back to.
    pub fn callback(&self, provider: &str) -> String {
        format!("{}/auth/{provider}/callback", self.public_url)
    }

    /// Who holds a ticket of a platform, or of the fake one.
    pub async fn by_ticket(&self, kind: ProviderKind, settings: &ProviderSettings, shown: &str) -> Result<Identity, Unbelievable> {
        match (kind, &settings.ticket) {
            (ProviderKind::Ticket, Some(platform)) => ticket::identity(&self.outbound, settings, platform, shown).await,
            (ProviderKind::Fake, _) if self.with_fake => {
                let person = settings.people.iter().find(|p| p.hint == shown).ok_or(Unbelievable::of("模拟登录中没有此人。"))?;
                settings.mapping.identity(&person.claims)
            }
            _ => Err(Unbelievable::of("该认证源不用票据登录。")),
        }
    }
}
