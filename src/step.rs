//! What passes between a connection and its driver.

use alloc::string::String;

use crate::failure::Failure;

/// The state of a connection, with the numbers that the standard gives `readyState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ReadyState {
    /// Not yet established, or closed and to be established again.
    Connecting = 0,
    /// Open: the body is being read.
    Open = 1,
    /// Closed for good.
    Closed = 2,
}

/// What the driver knows and the state machine does not: the time and a random number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// Milliseconds of a clock that only goes forward, from any start. The same clock as for [`Connection::start`](crate::Connection::start).
    pub now: u64,
    /// Milliseconds since 1970, for the dates in `Retry-After`.
    pub wall: u64,
    /// A random number from [0, 1).
    pub random: f64,
}

/// One fetch, to be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its number in this connection, from 1 on.
    pub number: u32,
    /// The value of the `Last-Event-ID` header, in the form of [`header_value`](crate::header_value); `None` where none is to be sent.
    pub last_event_id: Option<String>,
}

/// What the driver is to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Announce the connection and read the body.
    Open,
    /// Announce the failure, wait so many milliseconds, then [`start`](crate::Connection::start) again.
    Wait {
        /// The delay, at most [`MAX_DELAY`](crate::MAX_DELAY); the same as [`Failure::delay`].
        delay: u64,
        /// What made the attempt fail.
        failure: Failure,
    },
    /// Ask the caller's function, and tell what it says by [`decide`](crate::Connection::decide). The failure's
    /// [`delay`](Failure::delay) is what the policy would do.
    ///
    /// It is asked only where [`ConnectionOptions::asks`](crate::ConnectionOptions::asks), and about every failure that
    /// another attempt can mend: not after a 204, an abort, a URL that cannot be fetched or a body that was a stream. Nor where
    /// a stream has broken off, ended or not come and [`Resume`](crate::Resume) forbids to go on; what was refused (by a
    /// status, a type, or before it was sent) the function may have sent again even then.
    Ask(Failure),
    /// It is over and nothing went wrong: the server said 204, or ended a stream that is not to be resumed. An iterator
    /// ends; an `EventSource` has its `error` event all the same, as the standard has no other sign of a closed connection.
    End(Failure),
    /// It has failed for good.
    Stop(Failure),
    /// What was told does not fit the state, so it changes nothing: most often it came after the close.
    Ignored,
}
