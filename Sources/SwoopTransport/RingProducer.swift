// The writing end of a ring in shared memory. One thread at a time; several share it under a Mutex.

import CSwoopSystem

/// Writes records that become visible, together, at `publish`.
package struct RingProducer: ~Copyable, Sendable {
    private let layout: RingLayout
    private let waking: RingWaking
    private var written: UInt64
    private var published: UInt64
    // The consumer's position as last seen: looked at again only when the ring seems full.
    private var head: UInt64

    /// The producer of the ring of `capacity` bytes at `offset` of `memory`.
    ///
    /// `waking` is how its consumer sleeps.
    package init(
        memory: SharedMemory, offset: Int = 0, capacity: Int, waking: RingWaking
    ) throws(TransportError) {
        let layout = try RingLayout(memory: memory, offset: offset, capacity: capacity)
        let tail = layout.position(RingLayout.tail)
        let head = layout.position(RingLayout.head)
        try layout.check(head: head, since: 0, written: tail)
        guard tail % 8 == 0 else { throw .malformedRing("the writer begins at \(tail)") }
        self.layout = layout
        self.waking = waking
        written = tail
        published = tail
        self.head = head
    }

    /// The largest record that the ring takes, in bytes.
    package var payloadMax: Int { layout.payloadMax }

    /// Copies a record into the ring; false when there is no room now.
    ///
    /// It is not seen before `publish`.
    package mutating func write(_ record: Span<UInt8>) throws(TransportError) -> Bool {
        try unsafe record.withUnsafeBytes { bytes throws(TransportError) in
            unsafe try write(bytes)
        }
    }

    /// Copies a record into the ring; false when there is no room now.
    ///
    /// It is not seen before `publish`.
    package mutating func write(
        _ record: UnsafeRawBufferPointer
    ) throws(TransportError) -> Bool {
        guard record.count <= layout.payloadMax else {
            throw .recordTooLarge(bytes: record.count, largest: layout.payloadMax)
        }
        let size = RingLayout.recordBytes(payload: record.count)
        var target = unsafe layout.bytes(from: written)
        let skipped = target.count < size ? target.count : 0
        if !hasRoom(for: skipped + size) {
            try look()
            guard hasRoom(for: skipped + size) else { return false }
        }
        if skipped > 0 {
            unsafe target.storeBytes(of: RingLayout.wrapMark, as: UInt64.self)
            written += UInt64(skipped)
            unsafe target = layout.bytes(from: written)
        }
        let header = unsafe RingLayout.header(of: record, at: written)
        unsafe target.storeBytes(of: header, as: UInt64.self)
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[8...]).copyMemory(from: record)
        written += UInt64(size)
        return true
    }

    /// Shows the consumer what was written, and wakes it if it sleeps.
    package mutating func publish() {
        guard written != published else { return }
        published = written
        layout.setPosition(RingLayout.tail, to: written)
        layout.wake(RingLayout.consumerSleeps, by: waking)
    }

    /// True when the consumer has read everything that was published.
    package func isDrained() -> Bool {
        layout.position(RingLayout.head) == published
    }

    /// Says that this end sits in a PollLoop and wants to be woken when the consumer has made room.
    ///
    /// False when there is room already: write again instead of sleeping.
    package mutating func prepareToWaitForRoom() throws(TransportError) -> Bool {
        let before = head
        layout.announceSleep(RingLayout.producerSleeps)
        try look()
        guard head == before else {
            layout.setFlag(RingLayout.producerSleeps, to: false)
            return false
        }
        return true
    }

    /// Sleeps until the consumer has made room or the deadline (nanoseconds of MonotonicClock) has
    /// passed; publishes first, since nobody makes room from what it cannot see.
    package mutating func waitForRoom(until deadline: Int64?) throws(TransportError) {
        try roomToWaitFor()?.wait(until: deadline)
    }

    /// Publishes, and answers with what to wait by when there is no room: without this producer,
    /// which others use meanwhile. Nil: there is room already.
    package mutating func roomToWaitFor() throws(TransportError) -> RingRoom? {
        publish()
        return try prepareToWaitForRoom() ? RingRoom(layout: layout) : nil
    }

    /// Publishes, and tells the consumer that nothing more comes.
    package mutating func end() {
        publish()
        layout.setFlag(RingLayout.ended, to: true)
        layout.wake(RingLayout.consumerSleeps, by: waking)
    }

    /// Wakes a consumer that has something to read, whatever its flag says: that lies in memory
    /// which the other side may have spoilt.
    ///
    /// - Throws: `TransportError.malformedRing` where its position is spoilt.
    package mutating func remind() throws(TransportError) {
        try look()
        if head != published { layout.rouse(RingLayout.consumerSleeps, by: waking) }
    }

    /// Where the consumer is now.
    private mutating func look() throws(TransportError) {
        let now = layout.position(RingLayout.head)
        try layout.check(head: now, since: head, written: written)
        head = now
    }

    private func hasRoom(for size: Int) -> Bool {
        written &+ UInt64(size) &- head <= UInt64(layout.capacity)
    }
}

/// The wait for room in a ring, apart from whoever writes there.
package struct RingRoom: Sendable {
    fileprivate let layout: RingLayout

    /// Sleeps until the consumer has made room or the deadline (nanoseconds of MonotonicClock) has
    /// passed. Of several that wait one is woken.
    package func wait(until deadline: Int64?) {
        layout.sleep(RingLayout.producerSleeps, until: deadline)
    }
}
