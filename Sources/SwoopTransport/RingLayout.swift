// How a ring lies in shared memory, and the two things both its ends do: look at the shared words,
// and wake the other side when, and only when, it sleeps. The ends are RingProducer and
// RingConsumer.
//
// Five words on cache lines of their own, then the records:
//
//     tail            bytes written since the ring began; the producer's
//     head            bytes read since the ring began; the consumer's
//     consumerSleeps  1 while the consumer waits for records; the producer clears it and wakes
//     producerSleeps  1 while the producer waits for room; the consumer clears it and wakes
//     ended           1 when the producer writes no more
//
// A record is a header of 8 bytes (payload length and checksum, 4 each) and the payload, padded to
// 8. One that does not fit before the end of the ring starts at its beginning, behind a header of
// all ones. Both ends keep the position that is theirs outside the shared memory, and check the
// other's against it each time. The checksum finds what a stray pointer of a task wrote there: such
// a record would else decode to something that nobody said.

import CSwoopSystem

/// How the end that sleeps is woken.
package enum RingWaking: Sendable {
    /// It waits for this ring only, on the futex of its flag.
    case futex
    /// It sits in a PollLoop that watches this.
    case wakeup(Wakeup)
}

/// Sizes of rings.
package enum RingSize {
    /// Bytes of memory in front of the records.
    package static let headerBytes = 1_024

    /// Memory for a ring with room for `capacity` bytes of records, a power of two from 4 KiB on.
    package static func memoryBytes(capacity: Int) -> Int {
        headerBytes + capacity
    }
}

/// One ring's place in a mapping.
@safe struct RingLayout: @unchecked Sendable {
    // Unchecked: the fields never change; each end writes its own words only, atomically.
    static let tail = 0
    static let head = 128
    static let consumerSleeps = 256
    static let producerSleeps = 384
    static let ended = 512

    /// The header that says: the next record is at the beginning of the ring.
    static let wrapMark = UInt64.max

    let memory: SharedMemory
    private let base: UnsafeMutableRawPointer
    let capacity: Int

    init(memory: SharedMemory, offset: Int, capacity: Int) throws(TransportError) {
        guard capacity >= 4_096, capacity.nonzeroBitCount == 1, offset >= 0, offset % 128 == 0,
            offset <= memory.count - RingSize.headerBytes,
            capacity <= memory.count - RingSize.headerBytes - offset
        else { throw .malformedRing("\(capacity) bytes at \(offset) do not lie in its memory") }
        self.memory = memory
        unsafe base = memory.base + offset
        self.capacity = capacity
    }

    /// The largest payload: half the ring, so that any record fits once the ring is empty.
    var payloadMax: Int { capacity / 2 - 8 }

    static func recordBytes(payload: Int) -> Int {
        8 + (payload + 7) & ~7
    }

    func position(_ word: Int) -> UInt64 {
        unsafe swoop_load_acquire_64(base + word)
    }

    func setPosition(_ word: Int, to value: UInt64) {
        unsafe swoop_store_release_64(base + word, value)
    }

    func flag(_ word: Int) -> Bool {
        unsafe swoop_load_acquire_32(base + word) != 0
    }

    func setFlag(_ word: Int, to value: Bool) {
        unsafe swoop_store_release_32(base + word, value ? 1 : 0)
    }

    /// The header of a payload that is written at a position.
    ///
    /// The position is part of the checksum: what stood there a round ago is no record.
    static func header(of payload: UnsafeRawBufferPointer, at position: UInt64) -> UInt64 {
        let sum = unsafe swoop_checksum(payload.baseAddress, payload.count) &+ position
        return sum << 32 | UInt64(UInt32(truncatingIfNeeded: payload.count))
    }

    /// The bytes of the ring from a position on, up to its end.
    func bytes(from position: UInt64) -> UnsafeMutableRawBufferPointer {
        let offset = Int(position & UInt64(capacity - 1))
        return unsafe UnsafeMutableRawBufferPointer(
            start: base + RingSize.headerBytes + offset, count: capacity - offset)
    }

    /// Refuses a reader's position that the writer's own, and the reader's last one, cannot have
    /// led to.
    func check(head: UInt64, since last: UInt64, written: UInt64) throws(TransportError) {
        guard head >= last, head <= written, written - head <= UInt64(capacity), head % 8 == 0
        else {
            throw .malformedRing(
                "the reader is at \(head), it was at \(last), the writer is at \(written)")
        }
    }

    /// Wakes the side whose flag this is, if it sleeps.
    ///
    /// The caller's store comes before the look at the flag, as the sleeper's flag comes before its
    /// last look at the store: one of both sees the other.
    func wake(_ flagWord: Int, by waking: RingWaking) {
        swoop_fence()
        // Whatever stands there but 0: the sleeper's own word may have been written over.
        guard flag(flagWord), unsafe swoop_exchange_32(base + flagWord, 0) != 0 else { return }
        rouse(flagWord, by: waking)
    }

    /// Wakes the side whose flag this is, whatever the flag says.
    func rouse(_ flagWord: Int, by waking: RingWaking) {
        switch waking {
        case .futex: unsafe swoop_futex_wake(base + flagWord, 1)
        case .wakeup(let wakeup): wakeup.raise()
        }
    }

    /// Says that this side is about to sleep; the caller looks once more before it does.
    func announceSleep(_ flagWord: Int) {
        setFlag(flagWord, to: true)
        swoop_fence()
    }

    /// Sleeps until the flag is cleared, the deadline has passed or a signal came.
    func sleep(_ flagWord: Int, until deadline: Int64?) {
        var left: Int64 = -1
        if let deadline {
            left = deadline - MonotonicClock.nanoseconds()
            if left <= 0 { return }
        }
        _ = unsafe swoop_futex_wait(base + flagWord, 1, left)
    }
}
