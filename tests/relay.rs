//! Relayed streams: cut between frames, and otherwise as they came.

use eventsource_wasm::Relay;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

proptest! {
    #[test]
    fn a_relay_hands_on_every_byte_of_whole_frames_however_they_are_cut(
        pieces in vec(select(&["\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "data: x", "data", ": c", ":", "a", "é"][..]), 0..40),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
        bom in any::<bool>(),
    ) {
        let stream = pieces.concat();
        let whole = format!("{}{stream}", if bom { "\u{feff}" } else { "" });
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(whole.len() + 1)).chain([0, whole.len()]).collect();
        at.sort_unstable();
        let (mut relay, mut out, mut frames) = (Relay::default(), Vec::new(), 0);
        for cut in at.windows(2) {
            relay.feed(&whole.as_bytes()[cut[0]..cut[1]], |frame, counted| {
                assert!(matches!(frame.last(), Some(b'\n' | b'\r')));
                out.extend_from_slice(frame);
                frames += u32::from(counted);
            });
        }
        let rest = out.len();
        prop_assert_eq!(&out[..], &stream.as_bytes()[..rest]);
        prop_assert_eq!(relay.pending(), stream.len() - rest);
        // Blocks of lines, by the words of the standard.
        let normal = stream.replace("\r\n", "\n").replace('\r', "\n");
        let (mut counted, mut open) = (0, false);
        for line in normal.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            counted += u32::from(line == "\n" && open);
            open = line != "\n" && (open || line.starts_with("data:") || line == "data\n");
        }
        prop_assert_eq!(frames, counted);
    }
}
