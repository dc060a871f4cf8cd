// What every slot of a worker does now, in memory that its agent reads without asking: a line per
// slot, written by the slot's own thread, guarded by a counter that is odd while it is written.

import CSwoopSystem
package import SwoopModel
package import SwoopTransport

/// The lines of a worker's slots in shared memory.
package struct SlotTable: Sendable {
    /// What a slot's line says.
    package struct Line: Equatable, Sendable {
        /// The run on the slot; nil: idle.
        package var attempt: AttemptID?
        /// Short name of its function.
        package var function: String
        /// When it began there: nanoseconds of MonotonicClock, the same in all processes of a
        /// machine.
        package var startedAt: Int64
        /// Nanoseconds that the slot was busy before this run.
        package var busyBefore: Int64
    }

    private let memory: SharedMemory
    private let slots: Int

    private static let lineBytes = 256
    private static let nameMax = 192

    /// Bytes that the memory needs for so many slots.
    package static func memoryBytes(slots: Int) -> Int { max(4_096, slots * lineBytes) }

    /// The agent's or the worker's view of the same memory.
    package init(memory: SharedMemory, slots: Int) throws(TransportError) {
        guard slots > 0, memory.count >= slots * Self.lineBytes else {
            throw .malformedRing("a slot table of \(memory.count) bytes for \(slots) slots")
        }
        self.memory = memory
        self.slots = slots
    }

    /// A run begins, or goes on, on the slot. Called by the slot's thread.
    package func begin(_ attempt: AttemptID, function: String, slot: Int, at now: Int64) {
        let line = unsafe line(slot)
        let sequence = unsafe open(line)
        unsafe line.storeBytes(of: attempt.task.high, toByteOffset: 8, as: UInt64.self)
        unsafe line.storeBytes(of: attempt.task.low, toByteOffset: 16, as: UInt64.self)
        unsafe line.storeBytes(of: attempt.number, toByteOffset: 24, as: UInt32.self)
        unsafe line.storeBytes(of: now, toByteOffset: 32, as: Int64.self)
        var name = function
        let count = name.withUTF8 { bytes in
            let all = UnsafeRawBufferPointer(bytes)
            let shown = unsafe UnsafeRawBufferPointer(rebasing: all.prefix(Self.nameMax))
            unsafe UnsafeMutableRawBufferPointer(start: line + 64, count: shown.count)
                .copyMemory(from: shown)
            return shown.count
        }
        unsafe line.storeBytes(of: UInt32(count), toByteOffset: 28, as: UInt32.self)
        unsafe close(line, sequence)
    }

    /// The slot has nothing to do. Called by the slot's thread.
    package func end(slot: Int, at now: Int64) {
        let line = unsafe line(slot)
        let sequence = unsafe open(line)
        let started = unsafe line.load(fromByteOffset: 32, as: Int64.self)
        let before = unsafe line.load(fromByteOffset: 40, as: Int64.self)
        unsafe line.storeBytes(of: UInt32(0), toByteOffset: 24, as: UInt32.self)
        unsafe line.storeBytes(
            of: before &+ max(0, now &- started), toByteOffset: 40, as: Int64.self)
        unsafe close(line, sequence)
    }

    /// What the slot's line says; nil when it was being written each of the times that it was
    /// looked at.
    package func read(slot: Int) -> Line? {
        guard slot < slots else { return nil }
        let line = unsafe line(slot)
        for _ in 0..<64 {
            let before = unsafe swoop_load_acquire_64(line)
            guard before % 2 == 0 else {
                swoop_spin_pause()
                continue
            }
            let copy = unsafe copy(line)
            swoop_fence()
            if unsafe swoop_load_acquire_64(line) == before { return copy }
        }
        return nil
    }

    private func copy(_ line: UnsafeMutableRawPointer) -> Line {
        let number = unsafe line.load(fromByteOffset: 24, as: UInt32.self)
        let task = unsafe TaskID(
            high: line.load(fromByteOffset: 8, as: UInt64.self),
            low: line.load(fromByteOffset: 16, as: UInt64.self))
        let count = unsafe min(
            Int(line.load(fromByteOffset: 28, as: UInt32.self)), Self.nameMax)
        // Copied first: text that changes while it is checked would be no text.
        let bytes = unsafe Array(UnsafeRawBufferPointer(start: line + 64, count: count))
        let name = String(decoding: bytes, as: UTF8.self)
        return Line(
            attempt: number == 0 ? nil : AttemptID(task: task, number: number), function: name,
            startedAt: unsafe line.load(fromByteOffset: 32, as: Int64.self),
            busyBefore: unsafe line.load(fromByteOffset: 40, as: Int64.self))
    }

    private func line(_ slot: Int) -> UnsafeMutableRawPointer {
        precondition(slot >= 0 && slot < slots, "slot \(slot) is one of \(slots)")
        return unsafe memory.base + slot * Self.lineBytes
    }

    private func open(_ line: UnsafeMutableRawPointer) -> UInt64 {
        let sequence = unsafe swoop_load_acquire_64(line)
        unsafe swoop_store_release_64(line, sequence | 1)
        swoop_fence()
        return sequence
    }

    private func close(_ line: UnsafeMutableRawPointer, _ sequence: UInt64) {
        unsafe swoop_store_release_64(line, (sequence | 1) &+ 1)
    }
}
