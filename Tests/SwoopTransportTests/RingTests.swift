// Rings in shared memory: order, wrap, room, damage, and a second process at the other end.

import Glibc
import SwoopLaunching
import SwoopSimulation
import SwoopTransport
import TestPrograms
import Testing

private let small = 4_096

private struct Ring: ~Copyable {
    let memory: SharedMemory
    var producer: RingProducer
    var consumer: RingConsumer

    init(capacity: Int = small) throws {
        let memory = try SharedMemory(
            creating: "ring", bytes: RingSize.memoryBytes(capacity: capacity))
        let producer = try RingProducer(memory: memory, capacity: capacity, waking: .futex)
        let consumer = try RingConsumer(memory: memory, capacity: capacity, waking: .futex)
        self.memory = memory
        self.producer = producer
        self.consumer = consumer
    }

    mutating func readAll(limit: Int = .max) throws(TransportError) -> [[UInt8]] {
        var records: [[UInt8]] = []
        _ = try consumer.drain(limit: limit) { record in
            records.append(record)
        }
        return records
    }
}

@Suite struct RingTests {
    @Test func recordsAreSeenTogetherWhenPublishedAndInOrder() throws {
        var ring = try Ring()
        #expect(try ring.producer.write([1].span))
        #expect(try ring.producer.write([UInt8]().span))
        #expect(try ring.producer.write([2, 3, 4, 5, 6, 7, 8, 9, 10].span))
        #expect(try ring.readAll() == [])
        ring.producer.publish()
        #expect(try ring.readAll(limit: 2) == [[1], []])
        #expect(try ring.readAll() == [[2, 3, 4, 5, 6, 7, 8, 9, 10]])
        let isDrained = ring.producer.isDrained()
        #expect(isDrained)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func recordsOfAnySizeSurviveManyWraps(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var ring = try Ring()
        var expected: [[UInt8]] = []
        var seen = 0
        for number in 0..<20_000 {
            let size = Int(random.next() % 8 == 0 ? random.next() % 2_040 : random.next() % 64)
            let record = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size)
            while try !ring.producer.write(record.span) {
                ring.producer.publish()
                for read in try ring.readAll(limit: Int(random.next() % 5) + 1) {
                    try #require(read == expected[seen])
                    seen += 1
                }
            }
            expected.append(record)
        }
        ring.producer.publish()
        for read in try ring.readAll() {
            try #require(read == expected[seen])
            seen += 1
        }
        #expect(seen == expected.count)
    }

    @Test func aFullRingRefusesUntilRoomIsGivenBack() throws {
        var ring = try Ring()
        let record = [UInt8](repeating: 1, count: 1_016)
        for _ in 0..<4 { #expect(try ring.producer.write(record.span)) }
        #expect(try !ring.producer.write([9].span))
        ring.producer.publish()
        #expect(try !ring.producer.write([9].span))
        _ = try ring.readAll(limit: 1)
        #expect(try ring.producer.write([9].span))
    }

    @Test func aRecordLargerThanHalfTheRingIsAnError() throws {
        var ring = try Ring()
        let largest = ring.producer.payloadMax
        #expect(try ring.producer.write([UInt8](repeating: 1, count: largest).span))
        do throws(TransportError) {
            _ = try ring.producer.write([UInt8](repeating: 1, count: largest + 1).span)
            Issue.record("It was taken.")
        } catch {
            #expect(error == .recordTooLarge(bytes: largest + 1, largest: largest))
        }
    }

    @Test(
        arguments: [
            0x7fff_ffff_ffff_ffff, 0xffff_ffff_ffff_fffe, 4_096, 2_041, 17, 0xffff_ffff_ffff_ffff,
        ] as [UInt64])
    func aRecordWhoseLengthCannotBeIsAnErrorAndNoTrap(length: UInt64) throws {
        var ring = try Ring()
        _ = try ring.producer.write([1, 2, 3].span)
        ring.producer.publish()
        unsafe ring.memory.base.storeBytes(
            of: length, toByteOffset: RingSize.headerBytes, as: UInt64.self)
        #expect(throws: TransportError.self) { try drainAll(&ring) }
    }

    @Test(arguments: [7, 4_104, 0x7fff_ffff_ffff_fff8, 0xffff_ffff_ffff_fff8] as [UInt64])
    func APositionThatCannotBeIsAnErrorAtBothEnds(position: UInt64) throws {
        var ring = try Ring()
        unsafe ring.memory.base.storeBytes(of: position, toByteOffset: 0, as: UInt64.self)
        #expect(throws: TransportError.self) { try drainAll(&ring) }
        var other = try Ring()
        unsafe other.memory.base.storeBytes(of: position, toByteOffset: 128, as: UInt64.self)
        #expect(throws: TransportError.self) {
            for _ in 0..<5 {
                _ = try other.producer.write([UInt8](repeating: 0, count: 1_016).span)
            }
        }
    }

    @Test func randomDamageNeverTraps() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            var ring = try Ring()
            for size in 0..<20 {
                _ = try ring.producer.write([UInt8](repeating: 1, count: size).span)
            }
            ring.producer.publish()
            for _ in 0..<4 {
                let place = Int(random.next() % 600)
                let bytes = random.next()
                let offset = random.next() % 4 == 0 ? 0 : RingSize.headerBytes + place
                unsafe ring.memory.base.storeBytes(
                    of: UInt8(truncatingIfNeeded: bytes), toByteOffset: offset, as: UInt8.self)
            }
            _ = try? drainAll(&ring)
        }
    }

    @Test func aByteThatWasWrittenOverIsFoundWhereverItIs() throws {
        for place in 0..<24 {
            var ring = try Ring()
            _ = try ring.producer.write(Array(1...16).span)
            ring.producer.publish()
            let address = unsafe ring.memory.base + RingSize.headerBytes + place
            unsafe address.storeBytes(
                of: address.load(as: UInt8.self) ^ 0x40, as: UInt8.self)
            #expect(throws: TransportError.self) { try drainAll(&ring) }
        }
    }

    @Test func whatStoodThereARoundAgoIsNoRecord() throws {
        var ring = try Ring()
        for _ in 0..<4 {
            _ = try ring.producer.write([UInt8](repeating: 7, count: 1_016).span)
        }
        ring.producer.publish()
        #expect(try ring.readAll().count == 4)
        // The writer's position without the writer.
        unsafe ring.memory.base.storeBytes(of: 4_096 + 1_024, toByteOffset: 0, as: UInt64.self)
        #expect(throws: TransportError.self) { try drainAll(&ring) }
    }

    @Test func aReaderThatGoesBackIsAnError() throws {
        var ring = try Ring()
        for _ in 0..<3 { _ = try ring.producer.write([UInt8](repeating: 0, count: 1_016).span) }
        ring.producer.publish()
        _ = try ring.readAll()
        for _ in 0..<3 { _ = try ring.producer.write([UInt8](repeating: 0, count: 1_016).span) }
        unsafe ring.memory.base.storeBytes(of: 2_048, toByteOffset: 128, as: UInt64.self)
        do throws(TransportError) {
            for _ in 0..<4 { _ = try ring.producer.write([UInt8](repeating: 0, count: 1_016).span) }
            Issue.record("The reader went back, and nobody minded.")
        } catch {}
    }

    @Test func aSleeperIsWokenWhateverBecameOfItsFlag() throws {
        for spoilt in [0, 2, 0xffff_ffff] as [UInt32] {
            var ring = try Ring()
            let asleep = ring.consumer.prepareToSleep()
            #expect(asleep)
            let wakeup = try Wakeup()
            var producer = try RingProducer(
                memory: ring.memory, capacity: small, waking: .wakeup(wakeup))
            unsafe ring.memory.base.storeBytes(of: spoilt, toByteOffset: 256, as: UInt32.self)
            _ = try producer.write([1].span)
            producer.publish()
            try producer.remind()
            var poll = PollLoop()
            let source = poll.watch(descriptor: wakeup.descriptor)
            try poll.wait(until: MonotonicClock.nanoseconds() + 10_000_000_000)
            let isAwake = poll.isReady(source)
            #expect(isAwake)
        }
    }

    @Test func whoeverWaitsForRoomLeavesTheProducerToOthers() throws {
        var ring = try Ring()
        let record = [UInt8](repeating: 1, count: 1_000)
        var written = 0
        while try ring.producer.write(record.span) { written += 1 }
        let found = try ring.producer.roomToWaitFor()
        let room = try #require(found)
        let waiting = try LoopThread(named: "waiting") { room.wait(until: nil) }
        // The producer is here meanwhile, and sees that there is none.
        let isTaken = try ring.producer.write(record.span)
        #expect(!isTaken)
        #expect(try ring.readAll().count == written)
        waiting.join()
        let hasRoom = try ring.producer.write(record.span)
        #expect(hasRoom)
    }

    @Test func memoryOfARingCanBeNeitherCutOffNorSealedByAHolder() throws {
        let ring = try Ring()
        #expect(ftruncate(ring.memory.descriptor, 4_096) != 0)
        #expect(ftruncate(ring.memory.descriptor, 1 << 30) != 0)
        // F_ADD_SEALS, which Swift's Glibc does not have, and F_SEAL_FUTURE_WRITE.
        #expect(fcntl(ring.memory.descriptor, 1_033, 0x10) != 0)
    }

    @Test func aRingThatDoesNotLieInItsMemoryIsRefused() throws {
        let memory = try SharedMemory(
            creating: "ring", bytes: RingSize.memoryBytes(capacity: small))
        for (offset, capacity) in [(0, 8_192), (128, small), (-128, small), (0, 5_000), (0, 0)] {
            do throws(TransportError) {
                _ = try RingProducer(
                    memory: memory, offset: offset, capacity: capacity, waking: .futex)
                Issue.record("\(offset), \(capacity) was taken.")
            } catch {}
        }
    }

    @Test func theEndIsSeenBehindTheLastRecord() throws {
        var ring = try Ring()
        _ = try ring.producer.write([1].span)
        ring.producer.end()
        let before = ring.consumer.isEnded
        #expect(!before)
        #expect(try ring.readAll() == [[1]])
        let after = ring.consumer.isEnded
        #expect(after)
        let woke = ring.consumer.wait(until: nil)
        #expect(woke)
    }

    @Test(arguments: [false, true])
    func anotherProcessEchoesEveryRecordInOrder(consumerSitsInAPollLoop: Bool) throws {
        let capacity = 1 << 20
        let half = RingSize.memoryBytes(capacity: capacity)
        let memory = try SharedMemory(creating: "echo", bytes: 2 * half)
        let wakeup = try Wakeup()
        var request = try LaunchRequest.probe("echo", consumerSitsInAPollLoop ? "sleep" : "spin")
        request.descriptors = ["rings": memory.descriptor]
        if consumerSitsInAPollLoop { request.descriptors["event"] = wakeup.descriptor }
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        defer { child.endNow() }
        var requests = try RingProducer(memory: memory, capacity: capacity, waking: .futex)
        var replies = try RingConsumer(
            memory: memory, offset: half, capacity: capacity, waking: .futex)
        var loop = PollLoop()
        _ = loop.watch(descriptor: wakeup.descriptor)
        let ended = loop.watch(descriptor: child.exitDescriptor)
        var next: UInt32 = 0
        var seen: UInt32 = 0
        let count: UInt32 = 100_000
        while seen < count {
            for _ in 0..<(seen % 97 + 1) where next < count {
                let bytes = (0..<4).map { UInt8(truncatingIfNeeded: next >> (8 * $0)) }
                guard try requests.write(bytes.span) else { break }
                next += 1
            }
            requests.publish()
            let deadline = MonotonicClock.nanoseconds() + 10_000_000_000
            if consumerSitsInAPollLoop {
                if replies.prepareToSleep() { try loop.wait(until: deadline) }
                replies.awoke()
                wakeup.clear()
                let hasEnded = loop.isReady(ended)
                try #require(!hasEnded)
            } else {
                let isThere = replies.wait(until: deadline)
                try #require(isThere)
            }
            var mismatch = false
            _ = try replies.drain { record in
                var value: UInt32 = 0
                for index in record.indices.reversed() {
                    value = value << 8 | UInt32(record[index])
                }
                if record.count != 4 || value != seen { mismatch = true }
                seen += 1
            }
            try #require(!mismatch)
        }
        requests.end()
        #expect(child.waitUntilEnded() == .exited(0))
    }
}

private func drainAll(_ ring: inout Ring) throws(TransportError) {
    _ = try ring.consumer.drain { _ in }
}
