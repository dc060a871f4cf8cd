// big: a file that may be larger than memory, grouped, sorted and joined by two agents with little
// memory for pages: right answers, how long each takes, the most memory that all processes had
// together, what went to disks, and the longest time without progress.
// SWOOP_BENCH_BIG_BYTES says how large it is (14 GB), SWOOP_BENCH_BIG_BUDGET what pages may take on
// both agents (2 GB), SWOOP_BENCH_BIG_STEPS which steps are taken.

import Glibc
import Swoop
import Synchronization

enum BigFile {
    private static let steps = ["few groups", "many groups", "sorted", "joined"]
    private static let itemSteps = ["items", "equal items"]

    static func run() async throws {
        let bytes = variable("SWOOP_BENCH_BIG_BYTES").flatMap { Int($0) } ?? 14_000_000_000
        let budget = variable("SWOOP_BENCH_BIG_BUDGET").flatMap { Int($0) } ?? 2 << 30
        let chosen = variable("SWOOP_BENCH_BIG_STEPS").map { $0.split(separator: ",") }
        let kept = variable("SWOOP_BENCH_DATA")
        let folder = kept ?? "/var/tmp/swoop-bench-big-\(getpid())"
        if kept == nil, unsafe mkdir(folder, 0o700) != 0 { throw WrongAnswer() }
        defer { if kept == nil { _ = try? output(of: "rm -rf '\(folder)'") } }
        let data = BigLines(bytes: bytes)
        let path = "\(folder)/big-\(data.lines)"
        try makeFiles(data, path)
        for step in steps where chosen?.contains(step[...]) ?? true {
            try measure(step, path, data.lines, budget: budget)
        }
        for step in itemSteps where chosen?.contains(step[...]) ?? true {
            try measure(step, path, BigItems.count, budget: BigItems.budget)
        }
    }

    /// Makes what is not there: lines, the hash of all of them, and rates.
    private static func makeFiles(_ data: BigLines, _ path: String) throws {
        guard unsafe access("\(path).hash", R_OK) != 0 else { return }
        say("writes \(data.lines) lines")
        let hash = try data.write(to: "\(path).txt")
        try data.writeRates(to: "\(path)-rates.txt")
        _ = try output(of: "echo \(hash) >'\(path).hash'")
    }

    private static func measure(
        _ step: String, _ path: String, _ count: Int, budget: Int
    ) throws {
        let said = "\(path).said"
        defer { _ = unsafe unlink(said) }
        let command = "'\(executable())' big-step '\(step)' '\(path)' \(budget)"
        // What the program says of its progress is for people, and is counted.
        let text = try output(of: "{ \(command) 2>&1 >&3 3>&- | tee '\(said)' >&2; } 3>&1")
        let numbers = text.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
        guard numbers.count == 5 else { throw WrongAnswer() }
        let lines = try output(of: "grep -c 'tasks done' '\(said)' || true")
        emit(
            "big", "swoop:\(step)", n: count, seconds: [numbers[0]],
            extra: [
                ("budget_mb", Double(budget) / 1e6),
                ("peak_mb", numbers[1] / 1e6),
                ("over_budget_mb", (numbers[1] - Double(budget)) / 1e6),
                ("spilled_mb", numbers[2] / 1e6), ("fetched_mb", numbers[3] / 1e6),
                ("longest_pause_s", numbers[4]),
                ("progress_lines", Double(lines.filter(\.isNumber)) ?? 0),
            ])
    }

    /// The process that is measured. Prints the seconds of the step, the most bytes that all
    /// processes had together, bytes spilled and fetched, and the longest pause of its progress.
    static func child(_ step: String, _ path: String, budget: Int) async {
        do {
            let text = try output(of: "stat -c %s '\(path).txt'; cat '\(path).hash'")
            let facts = text.split(separator: "\n").compactMap { UInt64($0) }
            guard facts.count == 2 else { throw WrongAnswer() }
            let data = BigLines(bytes: Int(facts[0]))
            try await withAgentPair(pageBudget: budget / 2) { cluster in
                let watch = MemoryWatch(period: 500)
                let spills = SpillWatch()
                let began = seconds()
                let progress = Task { try await observed(cluster, spills) }
                let isRight = try await take(step, cluster, path, data, facts[1])
                let took = seconds() - began
                progress.cancel()
                let (pause, fetched) = try await progress.value
                guard isRight else { throw WrongAnswer() }
                print(took, watch.end(), spills.most, fetched, pause)
            }
        } catch {
            say("\(step): \(error)")
            exit(1)
        }
    }

    /// Whether the step's answer is right.
    private static func take(
        _ step: String, _ cluster: Cluster, _ path: String, _ data: BigLines, _ hash: UInt64
    ) async throws -> Bool {
        let file = "\(path).txt"
        switch step {
        case "few groups":
            let groups = try await cluster.remotely { remote in
                remote.lines(file).grouped(
                    by: branchCode, .both(.counting(), .summing(of: bigAmount)))
            }
            return try await groups.collect().map { ($0.first, $0.second.first, $0.second.second) }
                .elementsEqual(branchTotals(data), by: ==)
        case "many groups":
            let (right, count) = try await cluster.remotely { remote in
                let groups = remote.lines(file).grouped(
                    by: accountCode, .both(.counting(), .summing(of: bigAmount)))
                return (groups.chain.filter(isRightAccount).count, groups.chain.count)
            }
            let found = try await (right.value, count.value)
            return found == (data.accounts, data.accounts)
        case "sorted":
            let whole = try await cluster.remotely { remote in
                remote.lines(file).sorted(by: bigKey).map(stretch).reduce(
                    SortedStretch.none, joinedStretches)
            }
            let all = try await whole.value
            return all.isOrdered && all.lines == data.lines && all.contents == hash
        case "items": return try await BigItems.isRight(cluster, byEqualKeys: false)
        case "equal items": return try await BigItems.isRight(cluster, byEqualKeys: true)
        default:
            let sum = try await cluster.remotely { remote in
                remote.lines(file).map(booking).joined(
                    with: remote.lines("\(path)-rates.txt").map(accountRate), on: bookedAccount,
                    ratedAccount
                ).map(charge).sum
            }
            return try await sum.value == charges(data)
        }
    }

    /// Count and total of each branch, by hand.
    private static func branchTotals(_ data: BigLines) -> [(Int, Int, Int)] {
        var totals = (0..<BigLines.branches).map { ($0, 0, 0) }
        for line in 0..<data.lines {
            let amount = data.amount(of: line)
            totals[amount % 1_000].1 += 1
            totals[amount % 1_000].2 += amount
        }
        return totals.filter { $0.1 > 0 }
    }

    private static func charges(_ data: BigLines) -> Int {
        let rated = data.accounts / 2 * 2
        return (0..<data.lines).reduce(0) { sum, line in
            let account = data.account(of: line)
            guard account % 2 == 0, account < rated else { return sum }
            return sum + data.amount(of: line) * BigLines.rate(of: account) + 73
        }
    }

    // MARK: What is seen from outside

    /// The longest time in which no task ended and none was begun, until this is cancelled; and the
    /// bytes that agents took from one another.
    private static func observed(
        _ cluster: Cluster, _ spills: SpillWatch
    ) async throws -> (pause: Double, fetched: Int64) {
        var last: (done: UInt64, bytes: UInt64) = (0, 0)
        var since = seconds()
        var pause = 0.0
        var fetched: Int64 = 0
        var lookedAt = 0.0
        for try await usage in cluster.usage {
            if Task.isCancelled { break }
            let next = (UInt64(usage.progress.done), usage.progress.bytesIn)
            let now = seconds()
            if next != last { (last, since) = (next, now) }
            pause = max(pause, now - since)
            fetched = max(fetched, usage.fetchedBytes)
            if now - lookedAt > 1 {
                spills.look()
                lookedAt = now
            }
        }
        return (pause, fetched)
    }
}

/// Bytes in the spill files of this process's agents: the most that was seen.
final class SpillWatch: Sendable {
    private let highest = Atomic<Int>(0)

    var most: Int { highest.load(ordering: .relaxed) }

    func look() {
        // An agent and its worker hold the same file.
        var files: [UInt64: Int] = [:]
        for process in MemoryWatch.family(of: getpid()).dropFirst() {
            for number in 0..<64 {
                var link = [UInt8](repeating: 0, count: 256)
                let path = "/proc/\(process)/fd/\(number)"
                let length = unsafe readlink(path, &link, link.count)
                let name = String(decoding: link.prefix(max(0, length)), as: UTF8.self)
                var status = stat()
                guard name.hasSuffix("(deleted)"), name.contains("/#"),
                    unsafe stat(path, &status) == 0
                else { continue }
                files[UInt64(status.st_ino)] = Int(status.st_blocks) * 512
            }
        }
        let bytes = files.values.reduce(0, +)
        if bytes > most { highest.store(bytes, ordering: .relaxed) }
    }
}
