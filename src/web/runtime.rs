//! What a `no_std` artifact needs beside its code.

use lol_alloc::{AssumeSingleThreaded, FreeListAllocator};

// SAFETY: the artifacts are built without the `atomics` target feature, so that each instance has one thread.
#[global_allocator]
static ALLOCATOR: AssumeSingleThreaded<FreeListAllocator> =
    unsafe { AssumeSingleThreaded::new(FreeListAllocator::new()) };

/// A trap instead of a message, which would bring `core`'s formatting into every artifact. Input never panics; that is
/// what the fuzz targets are for.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
