// What workers and agents share: rings, and the records in them.

import SwoopLaunching
import SwoopModel
import SwoopTransport
import SwoopWire

extension FuzzGroup {
    static let memory: [Entry] = [
        Entry("worker message", seeds: workerMessages) { bytes in
            guard let message = try? WorkerMessage(bytes: bytes) else { return }
            let written = message.encoded()
            expectSame((try? WorkerMessage(bytes: written))?.encoded(), written, "a message")
        },
        Entry("worker order", seeds: workerOrders) { bytes in
            guard let order = try? WorkerOrder(bytes: bytes) else { return }
            let written = order.encoded()
            expectSame((try? WorkerOrder(bytes: written))?.encoded(), written, "an order")
        },
        Entry("ring", seeds: { ringScripts }) { bytes in
            SpoiltRing.play(bytes)
        },
        Entry("slots", seeds: { slotScripts }) { bytes in
            guard let memory = sharedMemory(of: bytes, count: SlotTable.memoryBytes(slots: 4)),
                let table = try? SlotTable(memory: memory, slots: 4)
            else { return }
            for slot in 0..<5 {
                guard let line = table.read(slot: slot) else { continue }
                precondition(line.function.utf8.count <= 3 * 192, "a name that is too long")
                table.begin(line.attempt ?? attempt, function: line.function, slot: slot, at: .max)
                table.end(slot: slot, at: .min)
            }
        },
        Entry("last words of a crash", seeds: { crashes }) { bytes in
            guard let memory = sharedMemory(of: bytes, count: CrashArea.memoryBytes),
                let report = try? CrashArea(memory: memory).report()
            else { return }
            precondition(report.programCounters.count <= 64, "more frames than there can be")
        },
    ]

    private static let attempt = AttemptID(task: spec.id, number: 1)

    /// Shared memory that begins with some bytes.
    private static func sharedMemory(of bytes: [UInt8], count: Int) -> SharedMemory? {
        guard let memory = try? SharedMemory(creating: "fuzz", bytes: count) else { return nil }
        for (place, byte) in bytes.prefix(memory.count).enumerated() {
            unsafe memory.base.storeBytes(of: byte, toByteOffset: place, as: UInt8.self)
        }
        return memory
    }

    /// A line that is idle, and one that says a name.
    private static let slotScripts: [[UInt8]] = [
        [UInt8](repeating: 0, count: 64),
        [2] + [UInt8](repeating: 0, count: 23) + [1, 0, 0, 0, 3, 0, 0, 0]
            + [UInt8](repeating: 0, count: 32) + Array("f()".utf8),
    ]

    /// Complete, slot 1, SIGSEGV at an address, run 42, two frames.
    private static let crashes: [[UInt8]] = [
        [2, 0, 0, 0, 1, 0, 0, 0, 11, 0, 0, 0, 1, 0, 0, 0] + [8, 0, 0, 0, 0, 0, 0, 0]
            + [42, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 16, 0, 0, 0, 0, 0] + [2, 0, 0, 0, 0, 0, 0, 0]
            + [0, 1, 16, 0, 0, 0, 0, 0, 0, 2, 16, 0, 0, 0, 0, 0]
    ]

    @Sendable private static func workerMessages() -> [[UInt8]] {
        let extent = PageExtent(offset: 4_096, byteCount: 64, elementCount: 2, checksum: 9)
        let messages: [WorkerMessage] = [
            .ready(processID: 5), .reports(reports), .stored(attempt, extent), .abandoned(extent),
            .damaged(attempt, input: spec.id), .allocate(token: 1, byteCount: 1 << 20),
            .printed([line]),
        ]
        return messages.map { $0.encoded() }
    }

    @Sendable private static func workerOrders() -> [[UInt8]] {
        let extent = PageExtent(offset: 4_096, byteCount: 64, elementCount: 2, checksum: 9)
        let run = RunOrder(
            spec: spec, attempt: 1,
            inputs: [
                RunInput(task: spec.id, source: .inline([1])),
                RunInput(task: spec.id, source: .extent(extent)),
            ], rank: 1, cores: 2)
        let orders: [WorkerOrder] = [
            .declare(first: 0, [function]), .run([run]), .cancel(run.attemptID),
            .allocated(token: 1, extent), .refused(token: 2, reason: "full"), .exit,
        ]
        return orders.map { $0.encoded() }
    }

    /// Writes, reads, and a stroke over each of the words.
    private static let ringScripts: [[UInt8]] = [
        [0, 10, 0, 3, 1, 0, 0, 200, 1],
        [0, 255, 0, 255, 0, 255, 1, 0, 255, 0, 255, 1],
        [0, 9, 2, 0, 0, 7, 1], [0, 9, 2, 0, 128, 8, 0, 9, 1], [0, 9, 2, 4, 3, 1, 1],
    ]
}

/// A ring, both of its ends, and somebody who writes over it.
private enum SpoiltRing {
    private static let capacity = 4_096

    /// Plays a script: 0 and a size writes a record, 1 reads, 2 and a place and a byte spoils.
    ///
    /// What is read is what was written, in order, until an end says that the ring is damaged.
    static func play(_ script: [UInt8]) {
        guard
            let memory = try? SharedMemory(
                creating: "ring", bytes: RingSize.memoryBytes(capacity: capacity)),
            var producer = try? RingProducer(memory: memory, capacity: capacity, waking: .futex),
            var consumer = try? RingConsumer(memory: memory, capacity: capacity, waking: .futex)
        else { return }
        var written: [[UInt8]] = []
        var seen = 0
        var place = 0
        func next() -> UInt8 {
            defer { place += 1 }
            return place < script.count ? script[place] : 0
        }
        do throws(TransportError) {
            while place < script.count {
                switch next() % 3 {
                case 0:
                    let size = Int(next()) * 8
                    let record = (0..<size).map { UInt8(truncatingIfNeeded: written.count + $0) }
                    if try producer.write(record.span) { written.append(record) }
                    producer.publish()
                case 1:
                    _ = try consumer.drain { record in
                        precondition(
                            seen < written.count && written[seen] == record,
                            "the record \(seen) is another than was written")
                        seen += 1
                    }
                    try producer.remind()
                default:
                    let target = Int(next()) | Int(next()) << 8
                    unsafe memory.base.storeBytes(
                        of: next(), toByteOffset: target % memory.count, as: UInt8.self)
                }
            }
        } catch {}
    }
}
