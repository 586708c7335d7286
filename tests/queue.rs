//! The send queue and its policies, against a model that keeps a list of frames.

use eventsource_wasm::{FrameInfo, Overflow, SendQueue};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const POLICIES: [Overflow; 5] =
    [Overflow::Wait, Overflow::DropOldest, Overflow::DropNewest, Overflow::LatestPerKey, Overflow::Disconnect];

#[derive(Clone, Debug)]
enum Step {
    Push { size: usize, key: u32, counted: bool },
    Take,
    Abandon,
}

#[derive(Clone, Debug)]
struct Framed {
    bytes: Vec<u8>,
    info: FrameInfo,
}

/// What the policies say, word for word.
struct Model {
    frames: Vec<Framed>,
    max_buffer: usize,
    overflow: Overflow,
    sent: u64,
    dropped: u64,
}

impl Model {
    fn len(&self) -> usize {
        self.frames.iter().map(|frame| frame.bytes.len()).sum()
    }

    fn drop_at(&mut self, at: usize) {
        self.dropped += u64::from(self.frames.remove(at).info.counted);
    }

    fn push(&mut self, frame: Framed) -> bool {
        let full = self.len() >= self.max_buffer;
        let (key, counted) = (frame.info.key, frame.info.counted);
        match self.overflow {
            Overflow::DropNewest | Overflow::Disconnect if full => {
                self.dropped += u64::from(counted);
                return self.overflow != Overflow::Disconnect;
            }
            Overflow::LatestPerKey => {
                while self.len() + frame.bytes.len() > self.max_buffer {
                    let Some(at) = self.frames.iter().position(|frame| frame.info.key == key) else { break };
                    self.drop_at(at);
                }
            }
            _ => {}
        }
        self.frames.push(frame);
        if matches!(self.overflow, Overflow::DropOldest | Overflow::LatestPerKey) {
            while self.len() > self.max_buffer && self.frames.len() > 1 {
                self.drop_at(0);
            }
        }
        true
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let push = (1..40usize, 0..4u32, any::<bool>()).prop_map(|(size, key, counted)| Step::Push { size, key, counted });
    vec(prop_oneof![12 => push, 2 => Just(Step::Take), 1 => Just(Step::Abandon)], 0..200)
}

proptest! {
    #[test]
    fn does_what_the_policy_says(steps in steps(), overflow in select(&POLICIES[..]), max_buffer in 0..200usize) {
        let mut queue = SendQueue::new(max_buffer, overflow);
        let mut model = Model { frames: Vec::new(), max_buffer, overflow, sent: 0, dropped: 0 };
        let mut pushed = 0;
        for (at, step) in steps.into_iter().enumerate() {
            match step {
                Step::Push { size, key, counted } => {
                    let frame = Framed { bytes: vec![at as u8; size], info: FrameInfo { key, counted } };
                    pushed += u64::from(counted);
                    prop_assert_eq!(queue.push(&frame.bytes, frame.info), model.push(frame));
                }
                Step::Take => {
                    let expected: Vec<u8> = model.frames.iter().flat_map(|frame| frame.bytes.clone()).collect();
                    prop_assert_eq!(queue.chunk(), expected);
                    model.sent += model.frames.drain(..).map(|frame| u64::from(frame.info.counted)).sum::<u64>();
                    queue.clear();
                }
                Step::Abandon => {
                    model.dropped += model.frames.drain(..).map(|frame| u64::from(frame.info.counted)).sum::<u64>();
                    queue.abandon();
                }
            }
            prop_assert_eq!(queue.len(), model.len());
            prop_assert_eq!(queue.has_room(), model.len() < max_buffer);
            prop_assert_eq!((queue.sent(), queue.dropped()), (model.sent, model.dropped));
            let waiting: u64 = model.frames.iter().map(|frame| u64::from(frame.info.counted)).sum();
            prop_assert_eq!(queue.sent() + queue.dropped() + waiting, pushed);
            if overflow != Overflow::Wait {
                prop_assert!(queue.len() < max_buffer + 40);
            }
        }
    }
}

#[test]
fn a_frame_that_is_refused_leaves_nothing() {
    for overflow in POLICIES {
        let mut queue = SendQueue::new(100, overflow);
        assert!(queue.push(b"data: a\n\n", FrameInfo { key: 0, counted: true }));
        assert_eq!(queue.write(FrameInfo::default(), |_| Err("refused")), Err("refused"));
        assert_eq!(queue.write(FrameInfo { key: 0, counted: true }, |_| Ok::<(), &str>(())), Ok(true));
        assert_eq!(queue.chunk(), b"data: a\n\n");
        queue.clear();
        assert_eq!((queue.sent(), queue.dropped(), queue.is_empty()), (1, 0, true));
    }
}

#[test]
fn gives_memory_back() {
    let mut queue = SendQueue::new(1000, Overflow::Wait);
    let capacity = |queue: &mut SendQueue| {
        let mut capacity = 0;
        let _ = queue.write(FrameInfo::default(), |out| {
            capacity = out.capacity();
            Err::<(), ()>(())
        });
        capacity
    };
    queue.push(&[b'x'; 1_000_000], FrameInfo::default());
    assert!(capacity(&mut queue) >= 1_000_000);
    queue.clear();
    assert_eq!(capacity(&mut queue), 0);
    for overflow in [Overflow::DropOldest, Overflow::LatestPerKey] {
        let mut queue = SendQueue::new(1000, overflow);
        for n in 0..100_000 {
            queue.push(&[b'x'; 100], FrameInfo { key: n % 7, counted: true });
            assert!(queue.len() <= 1000);
        }
        assert!(capacity(&mut queue) <= 5000, "{}", capacity(&mut queue));
        assert_eq!(queue.dropped(), 99_990);
    }
}

#[test]
fn any_bound_will_do() {
    for overflow in POLICIES {
        let mut queue = SendQueue::new(usize::MAX, overflow);
        assert!(queue.push(b"data: a\n\n", FrameInfo { key: 0, counted: true }));
        queue.clear();
        assert_eq!((queue.sent(), queue.is_empty(), queue.has_room()), (1, true, true));
    }
}

/// Frames that do not divide the bound: it is passed without being met.
#[test]
fn a_key_that_changes_often_does_not_cost_the_others() {
    let mut queue = SendQueue::new(50, Overflow::LatestPerKey);
    for key in 0..3 {
        queue.push(format!("data: {key}\n\n").as_bytes(), FrameInfo { key, counted: true });
    }
    for n in 0..100 {
        queue.push(format!("data: n{n:02}\n\n").as_bytes(), FrameInfo { key: 9, counted: true });
    }
    assert_eq!(queue.chunk(), b"data: 0\n\ndata: 1\n\ndata: 2\n\ndata: n98\n\ndata: n99\n\n");
}

#[test]
fn what_is_loud_does_not_push_out_what_is_heard_now_and_then() {
    // The bound is, and is not, a multiple of what a frame takes.
    for max_buffer in [50, 55] {
        let mut queue = SendQueue::new(max_buffer, Overflow::LatestPerKey);
        for n in 0..100u8 {
            let key = u32::from(n % 40 == 3);
            queue.push(&[n; 10], FrameInfo { key, counted: true });
        }
        let waiting: Vec<u8> = queue.chunk().iter().copied().step_by(10).collect();
        assert_eq!(waiting, [83, 96, 97, 98, 99], "{max_buffer} bytes");
        assert_eq!(queue.dropped(), 95);
    }
}
