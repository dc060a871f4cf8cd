// Stories of clients that share the cores.

import SwoopModel
import SwoopScheduling
import Testing

/// A cluster of one node whose cores take the runs in the order of coming, with a clock of its own.
private struct SharedCores {
    var cluster: TestCluster
    private let slots: Int
    private var waiting: [AttemptID] = []
    private var running: [(attempt: AttemptID, began: Int64, ends: Int64)] = []
    private var seen = 0
    private var known: Set<UInt64> = []
    /// What a run of each client's takes.
    private var durations: [UInt64: Int64] = [:]
    /// How many cores it takes.
    private var cores: [UInt64: Int] = [:]
    /// Nanoseconds of cores that each client had.
    private(set) var had: [UInt64: Int64] = [:]
    /// When the first run of each client began.
    private(set) var firstStart: [UInt64: Int64] = [:]

    init(slots: Int = 2) {
        self.slots = slots
        cluster = TestCluster(nodes: 1, slots: UInt32(slots))
        cluster.checks = false
    }

    private static func name(_ owner: ClientID, _ number: Int) -> TaskID {
        TaskID(high: owner.rawValue, low: UInt64(number))
    }

    /// The client submits calls of a function of its own that take so long.
    mutating func submit(
        _ owner: ClientID, _ numbers: ClosedRange<Int>, milliseconds: Int64, cores: Int = 1
    ) {
        self.cores[owner.rawValue] = cores
        durations[owner.rawValue] = milliseconds * 1_000_000
        let name = "f\(owner.rawValue)"
        let calls = numbers.map { number in
            TaskSpec(
                id: Self.name(owner, number), function: FunctionIndex(0), arguments: [],
                output: .value, features: [.nan])
        }
        let called = function(name, needs: TaskNeeds(cores: UInt32(cores)))
        let part = GraphPart(functions: [called], tasks: calls, held: calls.map(\.id))
        cluster.handle(.graphSubmitted(owner, part, data: []))
        takeGrants()
    }

    /// The forecasts learn how long the client's calls take, as they do from the first that ends.
    mutating func learn(_ owner: ClientID) {
        guard !known.contains(owner.rawValue), let taken = durations[owner.rawValue] else { return }
        known.insert(owner.rawValue)
        let place = cluster.scheduler.functions.firstIndex { $0.name == "f\(owner.rawValue)" }
        let model = DurationModel(
            fixedNanoseconds: Double(taken), slope: 0, feature: -1, logSpread: 0.1)
        cluster.handle(.estimateRevised(FunctionIndex(UInt32(place ?? 0)), model))
        takeReturned()
    }

    /// The node gives back what it is asked for and has not begun.
    private mutating func takeReturned() {
        defer { cluster.forget() }
        hold()
        while let asked = cluster.orders.firstIndex(where: {
            if case .recall = $0 { true } else { false }
        }) {
            guard case .recall(_, let attempts) = cluster.orders.remove(at: asked) else { return }
            for attempt in attempts where waiting.contains(attempt) {
                waiting.removeAll { $0 == attempt }
                cluster.report(.returned(attempt))
            }
        }
    }

    private mutating func hold() {
        waiting += cluster.granted[seen...].map(\.attempt)
        seen = cluster.granted.count
    }

    private mutating func takeGrants() {
        hold()
        while let attempt = waiting.first, needed(for: attempt) <= slots - busy {
            waiting.removeFirst()
            let owner = attempt.task.high
            let now = cluster.now
            if firstStart[owner] == nil { firstStart[owner] = now }
            running.append((attempt, now, now + (durations[owner] ?? 0)))
            cluster.report(.started(attempt))
        }
    }

    private func needed(for attempt: AttemptID) -> Int { cores[attempt.task.high] ?? 1 }

    private var busy: Int { running.reduce(0) { $0 + needed(for: $1.attempt) } }

    /// Lets time pass.
    mutating func run(until end: Int64) {
        while let next = running.indices.min(by: { running[$0].ends < running[$1].ends }),
            running[next].ends <= end
        {
            let run = running.remove(at: next)
            cluster.now = run.ends
            let time = run.ends - run.began
            had[run.attempt.task.high, default: 0] += time * Int64(needed(for: run.attempt))
            let record = RunRecord(features: [], cpuNanoseconds: time, wallNanoseconds: time)
            cluster.report(.ended(run.attempt, .finished(.inline([1])), record))
            learn(ClientID(run.attempt.task.high))
            takeReturned()
            takeGrants()
        }
        cluster.now = end
    }

    /// The part of all time since `before` that the client had.
    func share(of owner: ClientID, since before: [UInt64: Int64]) -> Double {
        let all = had.map { Double($1 - before[$0, default: 0]) }.reduce(0, +)
        return Double(had[owner.rawValue, default: 0] - before[owner.rawValue, default: 0]) / all
    }
}

private let second: Int64 = 1_000_000_000
private let other = ClientID(8)

@Suite struct ShareStories {
    @Test func `a client of long calls and one of short ones have the same time of cores`() {
        var cores = SharedCores()
        cores.cluster.handle(.clientJoined(other, .none))
        cores.submit(client, 1...100, milliseconds: 500)
        cores.submit(other, 1...20_000, milliseconds: 1)
        cores.run(until: 3 * second)
        let before = cores.had
        cores.run(until: 13 * second)
        #expect(abs(cores.share(of: other, since: before) - 0.5) < 0.05)
    }

    @Test func `a long call takes one core, and short ones have time ahead on the other`() {
        var cores = SharedCores()
        cores.submit(client, 1...100, milliseconds: 1)
        cores.run(until: second)
        cores.cluster.handle(.clientJoined(other, .none))
        cores.submit(other, 1...1, milliseconds: 10_000)
        cores.submit(other, 2...2, milliseconds: 10_000)
        cores.run(until: 12 * second)
        cores.submit(other, 3...3, milliseconds: 10_000)
        cores.submit(client, 101...400, milliseconds: 1)
        let node = cores.cluster.scheduler.nodes[0]
        #expect(node.assignedNanoseconds > 10 * second)
        #expect(node.assigned > 40)
    }

    @Test func `one who comes later is served at once and saves nothing up`() {
        var cores = SharedCores()
        cores.submit(client, 1...10_000, milliseconds: 10)
        cores.run(until: 20 * second)
        cores.cluster.handle(.clientJoined(other, .none))
        cores.submit(other, 1...4_000, milliseconds: 10)
        let before = cores.had
        cores.run(until: 22 * second)
        // What the node held ahead comes first.
        #expect(cores.firstStart[other.rawValue, default: .max] < 20 * second + second / 10)
        // Half of the cores, and not what the other had before it came.
        #expect(abs(cores.share(of: other, since: before) - 0.5) < 0.05)
    }

    @Test func `three share alike, and two when one has no more`() {
        var cores = SharedCores()
        let third = ClientID(9)
        cores.cluster.handle(.clientJoined(other, .none))
        cores.cluster.handle(.clientJoined(third, .none))
        cores.submit(client, 1...5_000, milliseconds: 5)
        cores.submit(other, 1...5_000, milliseconds: 5)
        cores.submit(third, 1...200, milliseconds: 5)
        cores.run(until: second)
        for owner in [client, other, third] {
            #expect(abs(cores.share(of: owner, since: [:]) - 1 / 3.0) < 0.07)
        }
        cores.run(until: 3 * second)
        let before = cores.had
        cores.run(until: 6 * second)
        #expect(cores.share(of: third, since: before) == 0)
        #expect(abs(cores.share(of: other, since: before) - 0.5) < 0.05)
    }

    @Test func `calls that need all cores have their share beside a flood of others`() {
        var cores = SharedCores()
        cores.submit(client, 1...20_000, milliseconds: 1)
        cores.run(until: second)
        cores.cluster.handle(.clientJoined(other, .none))
        cores.submit(other, 1...200, milliseconds: 50, cores: 2)
        let before = cores.had
        cores.run(until: 5 * second)
        #expect(cores.firstStart[other.rawValue, default: .max] < second + second / 5)
        #expect(abs(cores.share(of: other, since: before) - 0.5) < 0.05)
    }

    @Test func `what a lone client's runs take counts once another one comes`() {
        var cores = SharedCores()
        cores.submit(client, 1...100, milliseconds: 1_000)
        cores.run(until: 10 * second + second / 2)
        #expect(cores.cluster.scheduler.shares.table.map(\.served) == [0])
        cores.cluster.handle(.clientJoined(other, .none))
        // Two runs of a second are on the cores.
        #expect(cores.cluster.scheduler.shares.table.map(\.served) == [2e9, 0])
        cores.submit(other, 1...100, milliseconds: 1_000)
        cores.run(until: 11 * second)
        let before = cores.had
        cores.run(until: 31 * second)
        #expect(abs(cores.share(of: other, since: before) - 0.5) < 0.06)
    }

    @Test func `a client that left has no share, and its place is another's`() {
        var cores = SharedCores()
        for round in 0..<20 {
            let guest = ClientID(UInt64(100 + round))
            cores.cluster.handle(.clientJoined(guest, .none))
            cores.submit(guest, 1...50, milliseconds: 10)
            cores.run(until: Int64(round + 1) * second / 10)
            cores.cluster.handle(.clientLeft(guest))
        }
        #expect(cores.cluster.scheduler.shares.table.count == 2)
        cores.submit(client, 1...50, milliseconds: 10)
        cores.run(until: 10 * second)
        #expect(cores.had[client.rawValue] == 500_000_000)
        let served = cores.cluster.scheduler.shares.table.map(\.served)
        #expect(served.allSatisfy { $0 >= 0 && $0 < 1e10 }, "\(served)")
    }
}
