//! Why a form could not be printed.

/// Why a form could not be printed. None of these comes from what people write: each is a mistake of a template or a caller.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Text would leave its box.
    #[error("text leaves its box: {0}")]
    Overflow(String),
    /// Something would leave the page.
    #[error("drawn outside of page {0}")]
    OutsidePage(usize),
    /// A part that must not be divided is taller than a page.
    #[error("a part is taller than a page")]
    TooTall,
    /// A signature names a place that the sheet does not have.
    #[error("the sheet has no place {0} for a signature")]
    UnknownPlace(String),
    /// A row of a table does not fit its header, or the spans of a grid do not fill it.
    #[error("a table does not hang together: {0}")]
    Uneven(String),
    /// The address is too long for a QR code.
    #[error("the verification address does not fit a QR code")]
    Code,
    /// The font could not be cut down to what the document uses.
    #[error("font: {0}")]
    Font(String),
}
