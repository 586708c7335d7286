//! An event that owns what it has.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::DataError;
use super::platform::atob;
use crate::Event;

/// One dispatched event: an [`Event`] that owns its texts, decoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct OwnedEvent {
    /// The event type: the last `event` field, or `message` where there was none or an empty one.
    pub event_type: String,
    /// The `data` fields, joined by LF.
    pub data: String,
    /// The last event ID of the stream after this event. It stays until another `id` field replaces it.
    pub last_event_id: String,
}

impl From<Event<'_>> for OwnedEvent {
    fn from(event: Event<'_>) -> Self {
        OwnedEvent {
            event_type: event.event_type.to_str().into_owned(),
            data: event.data.to_str().into_owned(),
            last_event_id: event.last_event_id.to_str().into_owned(),
        }
    }
}

impl OwnedEvent {
    /// The data as bytes, for streams that send base64, also with the URL's alphabet (`-` and `_`), and with or without padding;
    /// LF in it is passed over.
    ///
    /// # Errors
    ///
    /// [`DataError::NotBase64`] when the data is not base64.
    pub fn bytes(&self) -> Result<Vec<u8>, DataError> {
        let text = atob(&self.data.replace('-', "+").replace('_', "/"))
            .map_err(|_| DataError::NotBase64(self.data.chars().take(50).collect()))?;
        Ok(text.chars().map(|character| character as u8).collect())
    }

    /// The data, which is JSON, as a value (feature `serde`).
    ///
    /// It is read by the platform's `JSON.parse`, so that no JSON parser is in the module. A whole number is therefore exact
    /// up to 2⁵³; a larger one is a [`DataError::Mismatch`] for an integer type, and rounded for `f64`. Fields that the type
    /// does not know are passed over, `null` is `None`.
    ///
    /// ```no_run
    /// # use eventsource_wasm::{DataError, OwnedEvent};
    /// #[derive(serde::Deserialize)]
    /// struct Chunk {
    ///     text: String,
    /// }
    ///
    /// fn text(event: &OwnedEvent) -> Result<String, DataError> {
    ///     event.data_as().map(|chunk: Chunk| chunk.text)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`DataError::NotJson`] when the data is not JSON, [`DataError::Mismatch`] when it is not a `T`.
    #[cfg(feature = "serde")]
    pub fn data_as<T: serde::de::DeserializeOwned>(&self) -> Result<T, DataError> {
        use alloc::string::ToString;

        let value = js_sys::JSON::parse(&self.data).map_err(|error| {
            let error: &js_sys::Error = wasm_bindgen::JsCast::unchecked_ref(&error);
            DataError::NotJson(error.message().into())
        })?;
        serde_wasm_bindgen::from_value(value).map_err(|error| DataError::Mismatch(error.to_string()))
    }
}
