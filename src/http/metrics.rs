//! Prometheus metrics of requests, by route and never by path: paths name records.

use std::sync::OnceLock;

use prometheus::{Encoder as _, HistogramOpts, HistogramVec, IntGauge, Registry, TextEncoder};

/// The process's metrics.
pub struct Metrics {
    registry: Registry,
    requests: HistogramVec,
    in_flight: IntGauge,
}

const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

static METRICS: OnceLock<Metrics> = OnceLock::new();

impl Metrics {
    /// The one instance.
    pub fn get() -> &'static Self {
        METRICS.get_or_init(|| {
            let registry = Registry::new();
            let buckets = vec![0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
            let options = HistogramOpts::new("jieli_http_request_duration_seconds", "Time to answer, by route and status.").buckets(buckets);
            // The names are constants and registered once, so neither call can fail.
            let requests = HistogramVec::new(options, &["method", "route", "status"]).expect("constant metric");
            let in_flight = IntGauge::new("jieli_http_requests_in_flight", "Requests being answered.").expect("constant metric");
            let _ = registry.register(Box::new(requests.clone()));
            let _ = registry.register(Box::new(in_flight.clone()));
            Self { registry, requests, in_flight }
        })
    }

    /// A request begins.
    pub fn begin(&self) {
        self.in_flight.inc();
    }

    /// A request has been answered.
    pub fn end(&self, method: &str, route: &str, status: u16, seconds: f64) {
        self.in_flight.dec();
        // Methods are made up freely: only known ones become a label, or anybody could grow the metrics without end.
        let method = KNOWN.iter().find(|m| **m == method).copied().unwrap_or("other");
        self.requests.with_label_values(&[method, route, &status.to_string()]).observe(seconds);
    }

    /// The text format.
    pub fn render(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut out);
        out
    }
}
