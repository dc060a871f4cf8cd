// How well plans are known that ran once, whatever they read.

import Swoop

@Remote func doubledOnce(_ i: Int) -> Int { i &* 2 }
@Remote func tripledOnce(_ i: Int) -> Int { i &* 3 }
@Remote func isThird(_ i: Int) -> Bool { i % 3 == 0 }
@Remote func firstOfTwo(_ pair: Pair<Int, Int>) -> Int { pair.first }
@Remote func windowLength(_ window: [Int]) -> Int { window.count }
@Remote func inText(_ i: Int) -> String { "number \(i &* 7_919 % 100_003)" }
@Remote func byteCount(_ text: String) -> Int { text.utf8.count }
@Remote func numbersBelow(_ i: Int) -> [Int] { Array(0..<i % 4) }
@Remote func spun(_ turns: Int) -> Int {
    (0..<max(0, turns)).reduce(0) { ($0 &* 31 &+ $1) % 1_000_003 }
}
@Remote func lowDigit(_ i: Int) -> Int { i % 10 == 0 ? i % 3 : 0 }
@Remote func afterwards(_ state: [Int]) -> [Int] { state.map { $0 &* 31 % 1_009 } }
@Remote func isFarOn(_ state: [Int]) -> Bool { state[0] == 0 }

/// What an estimate of a plan rests on that ran once, and whether its numbers are near what the
/// second run takes.
private struct SecondRun {
    let cluster: Cluster

    /// Core-seconds that the workers took until now, by a sample that is taken afterwards.
    private func cpuSeconds() async throws -> Double {
        let clock = ContinuousClock()
        let began = clock.now
        for try await usage in cluster.usage {
            let since = began.duration(to: clock.now)
            guard usage.nodes.allSatisfy({ .nanoseconds($0.ageNanoseconds) < since }) else {
                continue
            }
            return Double(usage.nodes.reduce(0) { $0 + $1.cpuNanoseconds }) / 1e9
        }
        return 0
    }

    /// Runs a plan once, estimates it, and runs it again.
    func tell<Result: Sendable>(
        _ name: String, _ make: (RemoteScope) throws -> Result,
        wait: (Result) async throws -> Void
    ) async {
        await SwoopTestProgram.tell(name) {
            try await wait(try await cluster.remotely(make))
            let estimate = try await cluster.plan(make).estimate()
            let before = try await cpuSeconds()
            try await wait(try await cluster.remotely(make))
            let actual = try await cpuSeconds() - before
            guard let seconds = estimate.coreSeconds else { return "unknown" }
            // Beside its functions a task takes a worker without optimisation 0.15 ms.
            let beside = Double(estimate.tasks) * 0.000_3 + 0.005
            let isNear =
                seconds.low > seconds.median / 10 && seconds.high < seconds.median * 10
                && seconds.low > (actual - beside) / 10 && seconds.low < actual * 10 + 0.005
            SwoopTestProgram.tell("\(name): in numbers", "\(seconds), and it was \(actual)")
            return "\(estimate.evidence), near: \(isNear)"
        }
    }

    /// Estimates what nobody ran.
    func tellEvidence<Result: Sendable>(
        of name: String, _ make: (RemoteScope) throws -> Result
    ) async {
        await SwoopTestProgram.tell(name) { try await cluster.plan(make).estimate().evidence }
    }

    func tell<Value: RemoteValue>(
        _ name: String, value make: (RemoteScope) throws -> Proxy<Value>
    ) async {
        await tell(name, make) { _ = try await $0.value }
    }

    func tell<Element: PageElement>(
        _ name: String, pages make: (RemoteScope) throws -> ProxyArray<Element>
    ) async {
        await tell(name, make) { try await $0.wait() }
    }
}

func tellEvidence(of file: String) async throws {
    try await withTestCluster { cluster in
        let second = SecondRun(cluster: cluster)
        let stored = try await cluster.remotely { $0.range(0..<90_001).map(doubledOnce).stored() }
        try await stored.wait()
        await tellKnown(second, stored, file)
        await tellSent(second, stored)
        // Sizes that nothing of which ran has.
        await second.tellEvidence(of: "larger array") {
            $0.array((0..<150_000).map { "text \($0)" }).map(byteCount).sum
        }
    }
}

func tellMadeEvidence() async throws {
    try await withTestCluster { cluster in
        let second = SecondRun(cluster: cluster)
        let stored = try await cluster.remotely { $0.range(0..<90_001).map(doubledOnce).stored() }
        try await stored.wait()
        await tellMade(second)
        await tellShuffled(second, stored)
        await tellRounds(second)
        await second.tellEvidence(of: "larger made") {
            $0.range(0..<900_000).map(inText).stored().map(byteCount).sum
        }
        await second.tellEvidence(of: "larger sort") {
            $0.range(0..<900_000).map(inText).sorted().stored()
        }
    }
}

/// What a program knows of a function that a notebook ran, and what it leaves for one.
func tellTaught() async throws {
    try await withCluster(.local) { cluster in
        await tell("spun") {
            try await cluster.plan { $0.map(1_000..<1_020, spun) }.estimate().evidence
        }
        await tell("spun in a chain") {
            try await cluster.plan {
                $0.range(0..<100_000).map(tripledOnce).map(#remote { (i: Int) in i &* 5 }).sum
            }.estimate().evidence
        }
        await tell("tripled") {
            try await cluster.remotely { $0.map(0..<20, tripledOnce) }.values.count
        }
        await tell("tripled in a chain") {
            try await cluster.remotely { remote in
                remote.range(0..<100_000).filter(isThird).map(tripledOnce).max
            }.value ?? 0
        }
    }
}

/// Sources whose sizes the client knows.
private func tellKnown(_ second: SecondRun, _ stored: ProxyArray<Int>, _ file: String) async {
    await second.tell("range") { $0.range(0..<100_000).map(doubledOnce).sum }
    await second.tell("stored") { _ in stored.map(doubledOnce).max }
    await second.tell("text") { $0.lines(file).count }
    await second.tell("prefix sums", pages: { _ in stored.prefixSums })
    await second.tell("zip") { _ in stored.zip(stored).map(firstOfTwo).sum }
    await second.tell("windows") { _ in stored.windows(of: 3).map(windowLength).sum }
    await second.tell("calls") { remote in one(remote.call(one, 7)) }
    await second.tell("calls of calls") { remote in
        remote.call(spun, 0)
            + (1..<12).reduce(spun(remote.call(tripledOnce, 40))) {
                $0 + spun(remote.call(tripledOnce, $1 * 400))
            }
    }
}

/// Arrays that the plan sends.
private func tellSent(_ second: SecondRun, _ stored: ProxyArray<Int>) async {
    let numbers = Array(0..<100_000)
    let texts = numbers.prefix(30_000).map { "text \($0)" }
    await second.tell("array") { $0.array(numbers).map(doubledOnce).sum }
    await second.tell("array, some") { $0.array(Array(numbers.prefix(5_000))).map(doubledOnce).sum }
    await second.tell("three") { $0.array([3, 1, 2]).map(doubledOnce).sum }
    await second.tell("none") { $0.array([Int]()).map(doubledOnce).sum }
    await second.tell("texts") { $0.array(texts).map(byteCount).sum }
    await second.tell("zip, sent") {
        $0.array(numbers).zip($0.array(numbers)).map(firstOfTwo).sum
    }
    await second.tell("zip, stored and sent") {
        stored.zip($0.array(numbers)).map(firstOfTwo).sum
    }
    await second.tell("zip, sent and stored") {
        $0.array(numbers).zip(stored).map(firstOfTwo).sum
    }
    await second.tell("zip, stored and made") {
        stored.zip($0.range(0..<60_000).map(tripledOnce).stored()).map(firstOfTwo).sum
    }
    await second.tell("windows, sent") { $0.array(numbers).windows(of: 3).map(windowLength).sum }
    await second.tell("prefix sums, sent", pages: { $0.array(numbers).prefixSums })
}

/// Arrays that the plan makes.
private func tellMade(_ second: SecondRun) async {
    await second.tell("made") { $0.range(0..<80_000).filter(isThird).stored().map(tripledOnce).min }
    await second.tell("made twice") {
        $0.range(0..<80_000).map(doubledOnce).stored().filter(isThird).stored().map(tripledOnce).max
    }
    await second.tell("made of sent") {
        $0.array(Array(0..<60_000)).filter(isThird).stored().map(tripledOnce).max
    }
    await second.tell("made texts") {
        $0.range(0..<40_000).map(inText).stored().map(byteCount).sum
    }
    await second.tell("made of each") {
        $0.range(0..<40_000).flatMap(numbersBelow).stored().map(doubledOnce).sum
    }
    await second.tell("made, zip") { remote in
        let made = remote.range(0..<50_000).map(tripledOnce).stored()
        return made.zip(made).map(firstOfTwo).sum
    }
    await second.tell("made, windows") {
        $0.range(0..<50_000).map(tripledOnce).stored().windows(of: 3).map(windowLength).sum
    }
    await second.tell("made, prefix sums", pages: { $0.range(0..<50_000).stored().prefixSums })
    await second.tell("made of little") { $0.range(0..<5).map(doubledOnce).stored().chain.sum }
}

private func tellShuffled(_ second: SecondRun, _ stored: ProxyArray<Int>) async {
    let numbers = Array(0..<100_000)
    await second.tell(
        "grouped", pages: { $0.array(numbers).chain.grouped(by: halved, .counting()) })
    await second.tell(
        "grouped, range", pages: { $0.range(0..<30_000).grouped(by: halved, .counting()) })
    await second.tell(
        "grouped, made",
        pages: {
            $0.range(0..<30_000).map(tripledOnce).stored().chain.grouped(by: halved, .counting())
        })
    await second.tell(
        "grouped, few keys", pages: { $0.array(numbers).chain.grouped(by: lowDigit, .counting()) })
    await second.tell(
        "sorted by few keys", pages: { $0.array(numbers).chain.map(lowDigit).sorted().stored() })
    await second.tell("sorted", pages: { $0.array(numbers).chain.sorted().stored() })
    await second.tell("sorted, stored", pages: { _ in stored.chain.sorted().stored() })
    await second.tell(
        "sorted, range", pages: { $0.range(0..<10_000).map(inText).sorted().stored() })
    await second.tell("sorted, three", pages: { $0.array([3, 1, 2]).chain.sorted().stored() })
    await second.tell(
        "sorted, made",
        pages: {
            $0.range(0..<40_000).map(remainder).stored().chain.sorted().stored()
        })
    await second.tell("distinct", pages: { $0.range(0..<30_000).map(remainder).distinct() })
    await second.tell("distinct, sent", pages: { $0.array(numbers).distinct() })
    await second.tell("joined") {
        $0.range(0..<10_000).map(payment)
            .joined(with: $0.range(0..<2_000).map(customer), on: payer, customerNumber).count
    }
    let people = (0..<2_000).map { customer($0) }
    await second.tell(
        "left joined, sent",
        pages: {
            $0.range(0..<10_000).map(payment)
                .leftJoined(with: $0.array(people).chain, on: payer, customerNumber)
                .map(inWordsOrNot).stored()
        })
    await second.tell(
        "groups",
        pages: {
            $0.range(0..<10_000).map(payment).grouped(by: payer).map(statement).stored()
        })
}

private func tellRounds(_ second: SecondRun) async {
    await second.tell("rounds", { $0.iterate(from: [1, 2, 3], count: 12) { afterwards($0) } }) {
        _ = try await $0.value
    }
    await second.tell(
        "rounds until", { $0.iterate(from: [1, 2], limit: 9, until: isFarOn) { afterwards($0) } }
    ) { _ = try await $0.value }
    await second.tell("rounds over an array") { remote in
        let made = remote.range(0..<20_000).map(tripledOnce).stored()
        return remote.iterate(from: 1, count: 5) { state in made.chain.sum + state }
    }
}
