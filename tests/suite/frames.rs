//! Frames that own their text, what a reader must find in one, and why an encoder refuses one.

use eventsource_wasm::{EncodeError, Frame};

use super::found::Found;

#[derive(Clone, Debug)]
pub struct OwnedFrame {
    pub event: Option<String>,
    pub id: Option<String>,
    pub retry: Option<u64>,
    pub data: Option<String>,
    pub comment: Option<String>,
}

impl OwnedFrame {
    pub fn borrow(&self) -> Frame<'_> {
        Frame {
            event: self.event.as_deref(),
            id: self.id.as_deref(),
            retry: self.retry,
            data: self.data.as_deref(),
            comment: self.comment.as_deref(),
        }
    }
}

/// What a reader must find in a frame, behind frames that left `last_event_id`.
pub fn expected(frame: &OwnedFrame, last_event_id: &mut String) -> Vec<Found> {
    let normal = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    let mut found = Vec::new();
    if let Some(comment) = &frame.comment {
        found.extend(normal(comment).split('\n').map(|line| Found::Comment(line.into())));
    }
    found.extend(frame.retry.map(Found::Retry));
    if let Some(id) = &frame.id {
        last_event_id.clone_from(id);
    }
    let id_changed = frame.id.is_some();
    if let Some(data) = &frame.data {
        found.push(Found::Event {
            event_type: frame.event.clone().filter(|event| !event.is_empty()).unwrap_or("message".into()),
            data: normal(data),
            last_event_id: last_event_id.clone(),
            id_changed,
        });
    } else if id_changed {
        found.push(Found::LastEventId(last_event_id.clone()));
    }
    found
}

/// The documented reason to refuse a frame, if there is one.
pub fn refusal(frame: &OwnedFrame) -> Option<EncodeError> {
    let position = |text: &Option<String>, of: &[char]| text.as_ref().and_then(|text| text.find(of));
    let in_event = position(&frame.event, &['\r', '\n']).map(|at| EncodeError::EventHasLineEnd { at });
    let in_id = position(&frame.id, &['\r', '\n']).map(|at| EncodeError::IdHasLineEnd { at });
    let nul = position(&frame.id, &['\0']).map(|at| EncodeError::IdHasNul { at });
    in_event.or(in_id).or(nul)
}
