//! `jieli health`: for containers that have no other client.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
    time::Duration,
};

use super::CliError;
use crate::config::Config;

const PATIENCE: Duration = Duration::from_secs(2);

/// Asks `/readyz` of the server that this configuration would start.
pub fn check(config: &Config) -> Result<(), CliError> {
    let failed = |e: std::io::Error| CliError::File(config.listen.clone(), e);
    let mut address: SocketAddr =
        config.listen.to_socket_addrs().map_err(failed)?.next().ok_or_else(|| CliError::Said(format!("{}: no such address", config.listen)))?;
    if address.ip().is_unspecified() {
        // Listening everywhere: ask at home.
        address.set_ip(if address.is_ipv6() { std::net::Ipv6Addr::LOCALHOST.into() } else { std::net::Ipv4Addr::LOCALHOST.into() });
    }
    let mut server = TcpStream::connect_timeout(&address, PATIENCE).map_err(failed)?;
    server.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    server.write_all(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n").map_err(failed)?;
    let mut answer = String::new();
    let _ = server.take(4096).read_to_string(&mut answer);
    let status = answer.lines().next().unwrap_or_default().to_owned();
    if status.split(' ').nth(1) == Some("200") { Ok(()) } else { Err(CliError::Said(format!("not ready: {status}"))) }
}
