// The two rings of an agent and a worker, with an echo as the worker: what the tests of rings talk
// to, and what `rings` measures.

import Glibc
import SwoopLaunching
import SwoopTransport

let ringCapacity = 1 << 20
let ringBytes = RingSize.memoryBytes(capacity: ringCapacity)

/// Sends every record back, batch for batch, until the other side ends.
func echo(_ role: InheritedRole) throws {
    let memory = try SharedMemory(mapping: role.takeDescriptor("rings"))
    let waking: RingWaking =
        if let event = try? role.takeDescriptor("event") {
            .wakeup(Wakeup(inheriting: event))
        } else {
            .futex
        }
    let spin = CommandLine.arguments.contains("spin") ? Int64(15_000) : 0
    var requests = try RingConsumer(
        memory: memory, capacity: ringCapacity, waking: .futex, spinNanoseconds: spin)
    var replies = try RingProducer(
        memory: memory, offset: ringBytes, capacity: ringCapacity, waking: waking)
    while !requests.isEnded {
        guard requests.wait(until: nil) else { continue }
        var failure: TransportError?
        _ = try requests.drain { record in
            do throws(TransportError) {
                while try !replies.write(record.span) { try replies.waitForRoom(until: nil) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        replies.publish()
    }
    replies.end()
}

/// The agent's side of an echo.
struct EchoPartner: ~Copyable {
    let child: ChildProcess
    var requests: RingProducer
    var replies: RingConsumer

    init(spin: Bool, wakeup: Wakeup? = nil) throws {
        let memory = try SharedMemory(creating: "echo", bytes: 2 * ringBytes)
        var request = LaunchRequest(role: "echo")
        request.arguments = ["probe", spin ? "spin" : "sleep"]
        request.descriptors = ["rings": memory.descriptor]
        if let wakeup { request.descriptors["event"] = wakeup.descriptor }
        let child = try ChildProcess(starting: request)
        let requests = try RingProducer(memory: memory, capacity: ringCapacity, waking: .futex)
        let replies = try RingConsumer(
            memory: memory, offset: ringBytes, capacity: ringCapacity, waking: .futex,
            spinNanoseconds: spin ? 15_000 : 0)
        self.child = child
        self.requests = requests
        self.replies = replies
    }

    mutating func roundTrip(_ record: [UInt8]) throws {
        _ = try requests.write(record.span)
        requests.publish()
        var seen = 0
        while seen == 0 {
            _ = replies.wait(until: nil)
            seen = try replies.drain { _ in }
        }
    }

    /// Sends `count` records in batches and takes all of them back.
    mutating func flow(_ record: [UInt8], count: Int, batch: Int) throws {
        var sent = 0
        var seen = 0
        while seen < count {
            var inBatch = 0
            while inBatch < batch, sent < count, sent - seen < 8_192,
                try requests.write(record.span)
            {
                sent += 1
                inBatch += 1
            }
            requests.publish()
            if inBatch == 0 { _ = replies.wait(until: nil) }
            seen += try replies.drain { _ in }
        }
    }

    mutating func end() {
        requests.end()
        _ = child.waitUntilEnded()
    }
}

func report(_ what: String, _ samples: [Int64]) {
    let sorted = samples.sorted()
    let median = Double(sorted[sorted.count / 2]) / 1_000
    let late = Double(sorted[sorted.count * 99 / 100]) / 1_000
    print("\(what): median \(median) us, p99 \(late) us, n \(sorted.count)")
}

/// Round trips, and records per second one way counted once, of 64 bytes.
func measureRings() throws {
    let record = [UInt8](repeating: 7, count: 64)
    for spin in [false, true] {
        var partner = try EchoPartner(spin: spin)
        for _ in 0..<1_000 { try partner.roundTrip(record) }
        var samples: [Int64] = []
        for _ in 0..<20_000 {
            let start = MonotonicClock.nanoseconds()
            try partner.roundTrip(record)
            samples.append(MonotonicClock.nanoseconds() - start)
        }
        report("ring round trip, \(spin ? "spinning 15 us" : "sleeping")", samples)
        for batch in [1, 32, 256] {
            let count = 1_000_000
            let start = MonotonicClock.nanoseconds()
            try partner.flow(record, count: count, batch: batch)
            let seconds = Double(MonotonicClock.nanoseconds() - start) / 1e9
            let rate = Double(count) / seconds / 1e6
            print("  there and back in batches of \(batch): \(rate) M records/s")
        }
        partner.end()
    }
}
