//! The client that asks, and the rule that an address obeys when it is set and again when it is asked.

use std::{
    net::{IpAddr, SocketAddr, ToSocketAddrs as _},
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Client, ClientBuilder, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};

use super::addresses::{Network, refused};
use crate::kernel::{ErrorCode, FieldError, Problem};

/// How long the other side may take, from the first packet to its status.
pub const PATIENCE: Duration = Duration::from_secs(15);
const CONNECT: Duration = Duration::from_secs(5);

/// Which addresses may be asked: `https` anywhere in public, and whatever lies in an allowed range.
#[derive(Clone)]
pub struct AddressRule {
    allow: Arc<[Network]>,
}

/// Asks others.
#[derive(Clone)]
pub struct Outbound {
    rule: AddressRule,
    /// For `https`.
    open: Client,
    /// For `http`: no address but the allowed ones.
    inside: Client,
    /// For what the settings of the process name.
    configured: Client,
}

/// No client can be made: the settings are wrong.
#[derive(Debug, thiserror::Error)]
#[error("outbound: {0}")]
pub struct OutboundError(String);

/// Why an address may not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Neither `https` nor `http`, no host, with user or password, with a fragment.
    #[error("malformed")]
    Malformed,
    /// `http` to where it is not allowed.
    #[error("https_only")]
    HttpsOnly,
    /// An address inside a network.
    #[error("{0}")]
    Inside(&'static str),
}

impl Outbound {
    /// With the ranges that may be asked though they are not public.
    pub fn new(ranges: &[String]) -> Result<Self, OutboundError> {
        let rule = AddressRule::new(ranges)?;
        let plain = || {
            Client::builder()
                .timeout(PATIENCE)
                .connect_timeout(CONNECT)
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .pool_max_idle_per_host(4)
                .user_agent(concat!("jieli/", env!("CARGO_PKG_VERSION")))
        };
        let built = |builder: ClientBuilder| builder.build().map_err(|e| OutboundError(e.to_string()));
        let looking = |public: bool| built(plain().dns_resolver(Arc::new(Looked { rule: rule.clone(), public })));
        Ok(Self { open: looking(true)?, inside: looking(false)?, configured: built(plain())?, rule })
    }

    /// The client for an address, unless the address itself tells that it may not be asked. A name is looked at when it is
    /// resolved.
    pub fn client(&self, url: &str) -> Result<(&Client, Url), Wrong> {
        let (public, url) = self.rule.check(url)?;
        Ok((if public { &self.open } else { &self.inside }, url))
    }

    /// Which addresses may be asked.
    pub fn rule(&self) -> &AddressRule {
        &self.rule
    }

    /// The client for addresses that the settings of the process name: whoever runs the server may ask anywhere.
    pub fn configured(&self) -> &Client {
        &self.configured
    }
}

impl AddressRule {
    /// With the ranges that may be asked though they are not public.
    pub fn new(ranges: &[String]) -> Result<Self, OutboundError> {
        let allow: Vec<Network> = ranges.iter().map(|r| r.parse()).collect::<Result<_, String>>().map_err(OutboundError)?;
        Ok(Self { allow: allow.into() })
    }

    /// What an address tells by itself; whether it is asked in public.
    fn check(&self, url: &str) -> Result<(bool, Url), Wrong> {
        let url = Url::parse(url).map_err(|_| Wrong::Malformed)?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(Wrong::Malformed);
        }
        let host = url.host_str().ok_or(Wrong::Malformed)?.trim_matches(['[', ']']).to_ascii_lowercase();
        let literal: Option<IpAddr> = host.parse().ok();
        let public = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Wrong::Malformed),
        };
        if let Some(ip) = literal {
            self.may(public, ip)?;
        }
        let bare = host.trim_end_matches('.');
        if literal.is_none() && self.allow.is_empty() && (bare == "localhost" || bare.ends_with(".localhost") || !bare.contains('.')) {
            return Err(Wrong::Inside("loopback"));
        }
        if !public && self.allow.is_empty() {
            return Err(Wrong::HttpsOnly);
        }
        Ok((public, url))
    }

    /// Whether an address may be asked: it is allowed, or public and asked by `https`.
    fn may(&self, public: bool, ip: IpAddr) -> Result<(), Wrong> {
        if self.allow.iter().any(|range| range.holds(ip)) {
            return Ok(());
        }
        match refused(ip) {
            Some(why) => Err(Wrong::Inside(why)),
            None if public => Ok(()),
            None => Err(Wrong::HttpsOnly),
        }
    }

    /// Refuses addresses that are being set, each under its pointer.
    pub async fn vet<P: AsRef<str>>(&self, named: &[(P, &str)]) -> Result<(), Problem> {
        let judged = futures_util::future::join_all(named.iter().map(|(_, url)| self.judge(url))).await;
        let wrong: Vec<FieldError> = judged.into_iter().zip(named).filter_map(|(j, (pointer, _))| Some(Self::told(pointer.as_ref(), j.err()?))).collect();
        if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(ErrorCode::RuleViolation, wrong)) }
    }

    /// Wrong at once where an address may not be asked, or leads nowhere but inside as its name stands now. A name that nobody
    /// knows yet is taken, for it is looked at again whenever it is asked; so is one that leads to reserved addresses, as where
    /// a proxy makes up the answers.
    async fn judge(&self, url: &str) -> Result<(), Wrong> {
        let (public, parsed) = self.check(url)?;
        let Some(host) = parsed.host_str().filter(|h| h.trim_matches(['[', ']']).parse::<IpAddr>().is_err()) else { return Ok(()) };
        let found = tokio::time::timeout(CONNECT, resolve(host.to_owned())).await;
        let Ok(Ok(all)) = found else { return Ok(()) };
        let judged: Vec<Result<(), Wrong>> = all.iter().map(|a| self.may(public, a.ip())).collect();
        let inside = |judged: &Result<(), Wrong>| judged.is_err_and(|wrong| wrong != Wrong::Inside("reserved"));
        match judged.first() {
            Some(Err(wrong)) if judged.iter().all(inside) => Err(*wrong),
            _ => Ok(()),
        }
    }

    fn told(pointer: &str, wrong: Wrong) -> FieldError {
        let (code, zh, en) = match wrong {
            Wrong::Malformed => ("url", "应为 https 地址，不含用户名和片段。", "An https address without user and fragment."),
            Wrong::HttpsOnly => (
                "https_only",
                "须使用 https；内网的 http 地址须由运维人员列入 JIELI_OUTBOUND_ALLOW。",
                "Must be https; http only towards ranges in JIELI_OUTBOUND_ALLOW.",
            ),
            Wrong::Inside(_) => (
                "address_refused",
                "不能指向本机、内网或保留地址；政务网内的地址须由运维人员列入 JIELI_OUTBOUND_ALLOW。",
                "Leads inside a network; such ranges must be listed in JIELI_OUTBOUND_ALLOW.",
            ),
        };
        FieldError::body(pointer, code, zh, en)
    }
}

async fn resolve(host: String) -> std::io::Result<Vec<SocketAddr>> {
    let found = tokio::task::spawn_blocking(move || (host.as_str(), 0).to_socket_addrs().map(Iterator::collect)).await;
    found.map_err(std::io::Error::other)?
}

/// A name leads to no address that may be asked.
#[derive(Debug, thiserror::Error)]
#[error("no address that may be asked")]
pub(super) struct NoneAllowed;

/// Resolves names and gives no address that may not be asked: what was looked at is what is connected to.
struct Looked {
    rule: AddressRule,
    public: bool,
}

impl Resolve for Looked {
    fn resolve(&self, name: Name) -> Resolving {
        let (rule, public, host) = (self.rule.clone(), self.public, name.as_str().to_owned());
        Box::pin(async move {
            let all = resolve(host).await?;
            let good: Vec<SocketAddr> = all.into_iter().filter(|a| rule.may(public, a.ip()).is_ok()).collect();
            if good.is_empty() {
                return Err(NoneAllowed.into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::Fault;

    fn wrong(allow: &[&str], url: &str) -> Option<Wrong> {
        let ranges: Vec<String> = allow.iter().map(|r| (*r).to_owned()).collect();
        Outbound::new(&ranges).expect("a client").client(url).err()
    }

    #[test]
    fn literals_are_judged_however_they_are_written() {
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/",
            "https://a.localhost./",
            "https://intranet/",
            "https://[64:ff9b::a9fe:a9fe]/",
        ] {
            assert!(matches!(wrong(&[], url), Some(Wrong::Inside(_))), "{url}");
        }
        for url in ["ftp://example.org/", "https://user@example.org/", "https://example.org/#x", "file:///etc/passwd", "gopher://x/", "nothing"] {
            assert_eq!(wrong(&[], url), Some(Wrong::Malformed), "{url}");
        }
        assert_eq!(wrong(&[], "http://example.org/"), Some(Wrong::HttpsOnly));
        assert_eq!(wrong(&["10.0.0.0/8"], "http://8.8.8.8/"), Some(Wrong::HttpsOnly), "plain text only inside");
        assert_eq!(wrong(&["10.0.0.0/8"], "http://10.1.2.3/"), None);
        assert!(matches!(wrong(&["10.0.0.0/8"], "https://192.168.0.1/"), Some(Wrong::Inside(_))));
        assert_eq!(wrong(&[], "https://example.org/hooks?x=1"), None);
        assert!(Outbound::new(&["10.0.0.0/99".to_owned()]).is_err());
    }

    /// A name that leads to this machine is resolved, and not connected to.
    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_asked() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("address").port();
        listener.set_nonblocking(true).expect("nonblocking");
        let outbound = Outbound::new(&["203.0.113.0/24".to_owned()]).expect("a client");
        for scheme in ["http", "https"] {
            let (client, url) = outbound.client(&format!("{scheme}://localhost:{port}/")).expect("nothing is known of the name yet");
            let refused = client.get(url).send().await.expect_err("refused");
            assert_eq!(Fault::from(refused), Fault::Refused, "and told from one that is down");
        }
        assert!(listener.accept().is_err(), "nobody knocked");
        let told = outbound.rule().vet(&[("/url", "https://localhost/")]).await.expect_err("told at once");
        assert_eq!(told.code.status(), 422);
    }
}
