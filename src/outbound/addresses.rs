//! Which addresses may be asked. Pure.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A range of addresses, such as `10.20.0.0/16` or `fd00:1::/32`; a bare address is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u32,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text} is no address range such as 10.20.0.0/16");
        let (base, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |b| b.parse().map_err(|_| wrong()))?;
        if bits > most { Err(wrong()) } else { Ok(Self { base, bits }) }
    }
}

impl Network {
    /// Whether an address lies in it.
    pub fn holds(&self, ip: IpAddr) -> bool {
        match (self.base, plain(ip)) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => same(u128::from(u32::from(base)), u128::from(u32::from(ip)), 32 - self.bits),
            (IpAddr::V6(base), IpAddr::V6(ip)) => same(u128::from(base), u128::from(ip), 128 - self.bits),
            _ => false,
        }
    }
}

fn same(a: u128, b: u128, below: u32) -> bool {
    below >= 128 || a >> below == b >> below
}

/// An IPv4 address that is written as an IPv6 one is judged as what it is.
fn plain(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

/// Why an address outside every allowed range is not asked; `None`: it is a public one.
pub fn refused(ip: IpAddr) -> Option<&'static str> {
    match plain(ip) {
        IpAddr::V4(v4) => refused_v4(v4),
        IpAddr::V6(v6) => refused_v6(v6),
    }
}

fn refused_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = ip.octets();
    Some(match (a, b, c) {
        (0, ..) => "unspecified",
        (127, ..) => "loopback",
        (10, ..) | (192, 168, _) | (172, 16..=31, _) => "private",
        (100, 64..=127, _) => "shared",
        // Where clouds answer questions about the machine itself.
        (169, 254, _) => "link_local",
        (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113) | (198, 18..=19, _) | (192, 88, 99) => "reserved",
        (224..=239, ..) => "multicast",
        (240.., ..) => "reserved",
        _ => return None,
    })
}

fn refused_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let s = ip.segments();
    Some(match s {
        _ if ip.is_unspecified() => "unspecified",
        _ if ip.is_loopback() => "loopback",
        // What carries an IPv4 address within may lead anywhere: NAT64, 6to4, Teredo, compatible and translated addresses.
        [0x64, 0xff9b, ..] | [0x2002, ..] | [0x2001, 0, ..] | [0, 0, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => "translated",
        [0xfc00..=0xfdff, ..] => "private",
        [0xfe80..=0xfebf, ..] => "link_local",
        [0xfec0..=0xfeff, ..] => "private",
        [0xff00..=0xffff, ..] => "multicast",
        [0x2001, 0xdb8, ..] | [0x100, 0, 0, 0, ..] | [0x2001, 2, 0, ..] | [0x3fff, 0..=0x0fff, ..] | [0x5f00, ..] => "reserved",
        // Of the whole space only this is given out to the public.
        [0x2000..=0x3fff, ..] => return None,
        _ => "reserved",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> Option<&'static str> {
        refused(text.parse().expect("an address"))
    }

    #[test]
    fn what_is_inside_is_refused() {
        for inside in [
            "0.0.0.0",
            "127.0.0.1",
            "127.8.9.1",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.254",
            "169.254.169.254",
            "100.100.100.200",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "239.1.1.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a00:1",
            "2002:7f00:1::",
            "2001:0:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:0:127.0.0.1",
            "100::1",
            "4000::1",
        ] {
            assert!(why(inside).is_some(), "{inside}");
        }
        for outside in
            ["1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "223.5.5.5", "2400:3200::1", "2606:4700::1111", "::ffff:8.8.8.8"]
        {
            assert_eq!(why(outside), None, "{outside}");
        }
    }

    #[test]
    fn ranges_hold_what_lies_in_them() {
        let holds = |range: &str, ip: &str| range.parse::<Network>().expect("a range").holds(ip.parse().expect("an address"));
        assert!(holds("10.20.0.0/16", "10.20.255.1") && !holds("10.20.0.0/16", "10.21.0.1"));
        assert!(holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1", "127.0.0.2"));
        assert!(holds("10.0.0.0/8", "::ffff:10.1.1.1") && holds("0.0.0.0/0", "1.2.3.4") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("fd00:1::/32", "fd00:1:2::3") && !holds("fd00:1::/32", "fd00:2::1") && holds("::/0", "::1"));
        for wrong in ["10.0.0.0/33", "10.0.0/8", "", "x", "::/129", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
