//! The end of a turn. js/turn.ts is the same for JavaScript.

/// Microtasks in which nothing was sent, after which a turn has ended: a producer that awaits something goes on within some.
const LOOKS: u32 = 6;

/// Tells when a turn has ended: once it has not been touched for some microtasks, in each of which it is looked at.
///
/// A producer that awaits one thing after the other goes on some microtasks later, and may then send more: looked after as long as it
/// does, all of it leaves as one chunk. No I/O can come in between, so no event waits for it.
#[derive(Default)]
pub(super) struct Turn {
    /// There is something to do at its end.
    due: bool,
    /// A microtask is on its way that looks.
    looking: bool,
    /// Looks in which it was not touched.
    idle: u32,
}

/// What follows a look.
#[derive(PartialEq, Eq)]
pub(super) enum Look {
    /// Another one.
    Again,
    /// The turn has ended.
    End,
    /// Nothing: what there was to do has been done.
    Nothing,
}

impl Turn {
    /// There is something to do, and perhaps more to come. True where a look is to be asked for.
    pub(super) fn touch(&mut self) -> bool {
        self.idle = 0;
        self.due = true;
        !core::mem::replace(&mut self.looking, true)
    }

    /// It has been done by other means.
    pub(super) fn cancel(&mut self) {
        self.due = false;
    }

    pub(super) fn look(&mut self, hurries: bool) -> Look {
        self.looking = false;
        if !self.due {
            return Look::Nothing;
        }
        self.idle += 1;
        if self.idle > LOOKS || hurries {
            self.due = false;
            return Look::End;
        }
        self.looking = true;
        Look::Again
    }
}
