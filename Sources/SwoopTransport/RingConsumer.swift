// The reading end of a ring in shared memory. Whatever stands there, it never reads outside the
// ring: a record that cannot be whole, or is not what was written, is an error, after which the
// ring is of no more use.

import CSwoopSystem

/// Reads records in the order of their writing.
///
/// One thread at a time.
package struct RingConsumer: ~Copyable, Sendable {
    private let layout: RingLayout
    private let waking: RingWaking
    private var head: UInt64
    private let spinNanoseconds: Int64

    /// The consumer of the ring of `capacity` bytes at `offset` of `memory`.
    ///
    /// `waking` is how its producer sleeps when the ring is full. `spinNanoseconds` is the longest
    /// it looks again and again before it sleeps, where more than one core is usable.
    package init(
        memory: SharedMemory, offset: Int = 0, capacity: Int, waking: RingWaking,
        spinNanoseconds: Int64 = 15_000
    ) throws(TransportError) {
        let layout = try RingLayout(memory: memory, offset: offset, capacity: capacity)
        let head = layout.position(RingLayout.head)
        guard head % 8 == 0 else { throw .malformedRing("the reader begins at \(head)") }
        self.layout = layout
        self.waking = waking
        self.head = head
        self.spinNanoseconds = Spin.pays ? spinNanoseconds : 0
    }

    /// Hands over what was published, up to `limit` records, and gives their room back at the end.
    ///
    /// Records are copies: what was checked is what is used, whatever the other process does.
    /// Returns how many there were.
    package mutating func drain(
        limit: Int = .max, _ body: ([UInt8]) -> Void
    ) throws(TransportError) -> Int {
        let tail = layout.position(RingLayout.tail)
        var count = 0
        defer { giveRoomBack() }
        while head != tail, count < limit {
            guard tail > head, tail - head <= UInt64(layout.capacity), tail % 8 == 0 else {
                throw .malformedRing("the writer is at \(tail), the reader at \(head)")
            }
            guard let record = try nextRecord(available: Int(tail - head)) else { continue }
            count += 1
            body(record)
        }
        return count
    }

    /// The record at `head`, which moves behind it; nil when it was a jump to the ring's beginning.
    private mutating func nextRecord(
        available: Int
    ) throws(TransportError) -> [UInt8]? {
        let source = unsafe layout.bytes(from: head)
        // Loaded once: what is checked is what is used, whatever the other side does meanwhile.
        let header = unsafe source.load(as: UInt64.self)
        if header == RingLayout.wrapMark {
            guard source.count < layout.capacity, source.count <= available else {
                throw .malformedRing("a jump at \(head)")
            }
            head += UInt64(source.count)
            return nil
        }
        // Positions are multiples of 8, so the padding lies inside too.
        let reach = min(available, source.count) - 8
        let length = Int(UInt32(truncatingIfNeeded: header))
        guard length <= layout.payloadMax, length <= reach else {
            throw .malformedRing("a record of \(length) bytes at \(head)")
        }
        let record = unsafe Array(source[8..<(8 + length)])
        let isWhole = unsafe record.withUnsafeBytes {
            unsafe RingLayout.header(of: $0, at: head) == header
        }
        guard isWhole else {
            throw .malformedRing("a record of \(length) bytes at \(head) was written over")
        }
        head += UInt64(RingLayout.recordBytes(payload: length))
        return record
    }

    /// True when a record was published that has not been read.
    package var hasRecords: Bool { layout.position(RingLayout.tail) != head }

    /// True when the producer said that nothing more comes, and all of it was read.
    package var isEnded: Bool { layout.flag(RingLayout.ended) && !hasRecords }

    /// Waits until there is a record, the producer ended, or the deadline (nanoseconds of
    /// MonotonicClock; nil: none) has passed; true unless it was the deadline or a signal.
    ///
    /// For a thread that waits for this ring only.
    package mutating func wait(until deadline: Int64?) -> Bool {
        if isReady { return true }
        if spin(until: deadline) { return true }
        guard prepareToSleep() else { return true }
        layout.sleep(RingLayout.consumerSleeps, until: deadline)
        awoke()
        return isReady
    }

    /// For a consumer that sits in a PollLoop: says that it is about to sleep there.
    ///
    /// False when there is something to read already. Call `awoke` afterwards.
    package mutating func prepareToSleep() -> Bool {
        layout.announceSleep(RingLayout.consumerSleeps)
        if isReady {
            awoke()
            return false
        }
        return true
    }

    /// The sleep is over: the producer need not wake this end.
    package mutating func awoke() {
        layout.setFlag(RingLayout.consumerSleeps, to: false)
    }

    /// Wakes a producer that waits for room, whatever its flag says: that lies in memory which the
    /// other side may have spoilt.
    package func remind() { layout.rouse(RingLayout.producerSleeps, by: waking) }

    private var isReady: Bool { hasRecords || layout.flag(RingLayout.ended) }

    private mutating func spin(until deadline: Int64?) -> Bool {
        guard spinNanoseconds > 0 else { return false }
        var end = MonotonicClock.nanoseconds() + spinNanoseconds
        if let deadline { end = min(end, deadline) }
        repeat {
            for _ in 0..<32 {
                if isReady { return true }
                swoop_spin_pause()
            }
        } while MonotonicClock.nanoseconds() < end
        return false
    }

    private func giveRoomBack() {
        guard layout.position(RingLayout.head) != head else { return }
        layout.setPosition(RingLayout.head, to: head)
        layout.wake(RingLayout.producerSleeps, by: waking)
    }
}
