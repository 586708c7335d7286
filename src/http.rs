//! What HTTP says about methods, headers and types, as far as a connection needs it.

use alloc::string::String;
use alloc::vec::Vec;

/// What of a response decides on the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseHead<'a> {
    /// The status.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The `Retry-After` header: seconds or an HTTP date. What is malformed is ignored.
    pub retry_after: Option<&'a str>,
}

/// Whether a request method is idempotent (RFC 9110, section 9.2.2). As in fetch, the methods that it knows are compared
/// without regard to case.
pub fn is_idempotent(method: &str) -> bool {
    let method = method.as_bytes();
    let known = |name: &str| same(method, name);
    known("GET") || known("HEAD") || known("OPTIONS") || known("PUT") || known("DELETE") || method == b"TRACE"
}

/// The form in which an id goes into a header: one character up to U+00FF for each byte of its UTF-8, which is what fetch
/// turns into those bytes again. Bytes that are not UTF-8 become U+FFFD first, as the standard decodes the stream.
///
/// An id of a stream never has NUL, CR or LF, which fetch refuses in a header; one that a caller begins with may.
pub fn header_value(id: &[u8]) -> String {
    let mut value = String::new();
    for chunk in id.utf8_chunks() {
        let replacement: &[u8] = if chunk.invalid().is_empty() { b"" } else { "\u{fffd}".as_bytes() };
        for part in [chunk.valid().as_bytes(), replacement] {
            part.iter().for_each(|&byte| value.push(char::from(byte)));
        }
    }
    value
}

/// The id that a `Last-Event-ID` header has, as a `Headers` gives it: the inverse of [`header_value`]. What is not the UTF-8 of an
/// id is taken as it is, as some runtimes decode headers themselves.
///
/// ```
/// use eventsource_wasm::{header_value, id_of_header};
///
/// assert_eq!(id_of_header(&header_value("三€".as_bytes())), "三€");
/// assert_eq!(id_of_header("三€"), "三€");
/// ```
pub fn id_of_header(value: &str) -> String {
    let bytes: Option<Vec<u8>> = value.chars().map(|character| u8::try_from(character).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| value.into())
}

/// Whether the essence of a MIME type is `text/event-stream`. Of several headers, which fetch joins by commas, the last
/// that is a type counts (Fetch standard, "extract a MIME type").
pub(crate) fn is_event_stream(content_type: Option<&str>) -> bool {
    content_type
        .unwrap_or("")
        .as_bytes()
        .rsplit(|&byte| byte == b',')
        .map(|value| value.split(|&byte| byte == b';').next().unwrap_or(value).trim_ascii())
        .find(|essence| essence.contains(&b'/'))
        .is_some_and(|essence| same(essence, "text/event-stream"))
}

// Not inlined, here and in `http_date`: a comparison with a constant would be unrolled, for speed that nobody needs here.
#[inline(never)]
fn same(bytes: &[u8], name: &str) -> bool {
    bytes.eq_ignore_ascii_case(name.as_bytes())
}
