//! Which files are taken: told by their first bytes, never by their name alone.

/// Media types taken in, each with the endings that fit it.
const TAKEN: &[(&str, &[&str])] = &[
    ("application/pdf", &["pdf"]),
    ("image/jpeg", &["jpg", "jpeg"]),
    ("image/png", &["png"]),
    ("image/webp", &["webp"]),
    ("image/tiff", &["tif", "tiff"]),
    ("image/bmp", &["bmp"]),
    ("image/heif", &["heic", "heif"]),
    ("application/msword", &["doc", "wps"]),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"]),
    ("application/vnd.ms-excel", &["xls", "et"]),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]),
    // The national layout format GB/T 33190 is a ZIP archive.
    ("application/ofd", &["ofd"]),
    ("audio/mpeg", &["mp3"]),
    ("audio/m4a", &["m4a"]),
    ("audio/x-wav", &["wav"]),
    ("audio/amr", &["amr"]),
    ("video/mp4", &["mp4"]),
];

/// The media type of a file that begins with `head` and is called `name`; `None` when it is not taken in.
pub fn media_type(head: &[u8], name: &str) -> Option<&'static str> {
    let ending = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    let told = infer::get(head)?.mime_type();
    let told = match (told, ending.as_str()) {
        ("application/zip", "ofd") => "application/ofd",
        // Old office files share one container.
        ("application/x-ole-storage", "doc" | "wps") => "application/msword",
        ("application/x-ole-storage", "xls" | "et") => "application/vnd.ms-excel",
        (told, _) => told,
    };
    TAKEN.iter().find(|(media, endings)| *media == told && endings.contains(&ending.as_str())).map(|(media, _)| *media)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_tell() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        assert_eq!(media_type(b"%PDF-1.7\n", "营业执照.PDF"), Some("application/pdf"));
        assert_eq!(media_type(png, "照片.png"), Some("image/png"));
        assert_eq!(media_type(png, "照片.pdf"), None, "a name that lies");
        assert_eq!(media_type(b"MZ\x90\0", "a.pdf"), None);
        assert_eq!(media_type(b"<html><script>", "a.png"), None);
        assert_eq!(media_type(b"PK\x03\x04rest", "合同.ofd"), Some("application/ofd"));
        assert_eq!(media_type(b"PK\x03\x04rest", "合同.zip"), None);
        assert_eq!(media_type(b"", "a.pdf"), None);
    }
}
