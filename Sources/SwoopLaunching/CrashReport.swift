// How a process that dies tells its supervisor what it was doing: a record in memory that both map,
// written by the C signal handler of CSwoopSystem/crash.c.

import CSwoopSystem
import Glibc
package import SwoopTransport

/// What a crashed process left behind.
package struct CrashReport: Sendable, Equatable {
    /// The slot whose thread crashed; nil when it was a thread without one.
    package let slot: UInt32?
    /// The signal: ILL or TRAP for a Swift trap, SEGV for a bad pointer or an overflowed stack,
    /// ABRT.
    package let signal: Int32
    /// The address that faulted, where the signal has one.
    package let address: UInt64
    /// The address was used by the program, and lies so near to zero that nothing can be there: a
    /// field of an object, or an element of an array, whose own address is zero.
    package let isNextToZero: Bool
    /// What `RunningThread.setRun` last said on that thread.
    package let run: UInt64
    /// Return addresses as offsets in the program's file where they lie in it, innermost first;
    /// those of shared libraries come out as they were in memory, minus the program's load offset.
    package let programCounters: [UInt64]
}

/// The memory of one record, at the beginning of a mapping of its own.
package struct CrashArea: Sendable {
    private let memory: SharedMemory

    /// Bytes that the memory needs.
    package static let memoryBytes = 4_096

    /// The supervisor's or the worker's view of the same memory.
    package init(memory: SharedMemory) throws(TransportError) {
        guard memory.count >= MemoryLayout<swoop_crash_record>.size else {
            throw .malformedRing("the crash area has \(memory.count) bytes")
        }
        self.memory = memory
    }

    /// Lets the signals by which programs crash write here, from now on, in this process.
    ///
    /// The process still dies by them. The memory is never unmapped.
    package func install() throws(TransportError) {
        _ = unsafe Unmanaged.passRetained(memory)
        let result = unsafe swoop_crash_install(record)
        guard result == 0 else { throw .systemCall("sigaction", code: -result) }
    }

    /// What the other process wrote, once it has died; nil when it died without a word (SIGKILL,
    /// exit).
    package func report() -> CrashReport? {
        guard unsafe swoop_load_acquire_32(record) == 2 else { return nil }
        var copy = unsafe record.pointee
        let count = Int(min(copy.count, UInt32(SWOOP_FRAMES_MAX)))
        let counters = unsafe withUnsafeBytes(of: &copy.counters) { bytes in
            unsafe Array(bytes.bindMemory(to: UInt64.self).prefix(count))
        }
        return CrashReport(
            slot: copy.slot == .max ? nil : copy.slot, signal: copy.signal, address: copy.address,
            isNextToZero: Self.isNextToZero(copy), run: copy.run,
            programCounters: counters.map { $0 &- copy.image })
    }

    /// What the type's metadata has lies below it: addresses wrap around.
    private static func isNextToZero(_ record: swoop_crash_record) -> Bool {
        // Of an address that the processor cannot even ask for, and of a signal that somebody sent,
        // the system says zero.
        let isOfAddress = record.code == SEGV_MAPERR || record.code == SEGV_ACCERR
        let distance = Int64(bitPattern: record.address)
        return record.signal == SIGSEGV && isOfAddress && (-4_096..<65_536).contains(distance)
    }

    private var record: UnsafeMutablePointer<swoop_crash_record> {
        unsafe memory.base.assumingMemoryBound(to: swoop_crash_record.self)
    }
}

/// What the calling thread says about itself, for crash reports and for those who label its output.
package enum RunningThread {
    /// Makes the calling thread the one of a slot, with a signal stack of its own.
    ///
    /// Once per thread, before user code runs on it.
    package static func enter(slot: UInt32) throws(TransportError) {
        let result = swoop_thread_enter(slot)
        guard result == 0 else { throw .systemCall("sigaltstack", code: -result) }
    }

    /// The thread is about to end.
    package static func leave() {
        swoop_thread_leave()
    }

    /// Its slot, or nil.
    package static var slot: UInt32? {
        let slot = swoop_thread_slot()
        return slot == .max ? nil : slot
    }

    /// Says which run it executes now; 0 for none.
    ///
    /// Costs a store.
    package static func setRun(_ run: UInt64) {
        swoop_thread_set_run(run)
    }

    /// The run it executes.
    package static var run: UInt64 { swoop_thread_run() }

    /// Remembers where errors are thrown, on threads with a slot; false when this Swift runtime has
    /// no hook for it.
    package static func rememberThrows() -> Bool {
        swoop_throw_install() == 0
    }

    /// Where the calling thread last threw an error, as offsets in the program's file, innermost
    /// first; empty when it threw none since the last call.
    package static func takeThrowSite() -> [UInt64] {
        var image = unsafe swoop_image()
        let loadOffset = unsafe swoop_image_main(&image) == 1 ? image.load_offset : 0
        return unsafe [UInt64](unsafeUninitializedCapacity: Int(SWOOP_FRAMES_MAX)) {
            buffer, count in
            count = unsafe swoop_throw_take(buffer.baseAddress!, buffer.count)
            for index in 0..<count { unsafe buffer[index] &-= loadOffset }
        }
    }
}
