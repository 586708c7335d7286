//! An event that owns what it has.

use alloc::string::String;

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

#[cfg(feature = "serde")]
impl OwnedEvent {
    /// The data, which is JSON, as a value.
    ///
    /// It is read by the platform's `JSON.parse`, so that no JSON parser is in the module. A whole number is therefore exact
    /// up to 2⁵³; a larger one is a [`DataError::Mismatch`](crate::DataError) for an integer type, and rounded for `f64`.
    ///
    /// # Errors
    ///
    /// When the data is not JSON, or not a `T`.
    pub fn data_as<T: serde::de::DeserializeOwned>(&self) -> Result<T, crate::DataError> {
        use alloc::string::ToString;

        let value = js_sys::JSON::parse(&self.data).map_err(|error| {
            let error: &js_sys::Error = wasm_bindgen::JsCast::unchecked_ref(&error);
            crate::DataError::NotJson(error.message().into())
        })?;
        serde_wasm_bindgen::from_value(value).map_err(|error| crate::DataError::Mismatch(error.to_string()))
    }
}
