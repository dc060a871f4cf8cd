// Many agents of one coordinator on this machine, each a node of its own, and the edition of this
// build.

import Glibc
import Swoop
import SwoopCoordinator
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// Starts a coordinator and agents, waits until all are nodes, runs tasks over them, ends it all:
/// `agents COUNT TASKS`.
func tellAgents(_ arguments: [String]) async throws {
    guard arguments.count == 2, let count = Int(arguments[0]), let tasks = Int(arguments[1])
    else { return tell("usage", "agents COUNT TASKS") }
    try await withAgents(count, pageBudget: 16 << 20) { cluster, began in
        let proxies = try await cluster.remotely { remote in
            (0..<tasks).map { remote.call(placeOfWork, $0, 1) }
        }
        var processes: Set<Int> = []
        var right = 0
        for (i, proxy) in proxies.enumerated() {
            let (number, process) = split(try await proxy.value)
            if number == i { right += 1 }
            processes.insert(process)
        }
        tell("right", right)
        tell("workers", processes.count)
        tell("ran after", seconds(since: began))
    }
}

/// A cluster of so many agents, of one core each unless told, and when it was begun to be made.
func withAgents(
    _ count: Int, slots: [Int] = [], pageBudget: Int,
    _ body: (Cluster, Int64) async throws -> sending Void
) async throws {
    let began = MonotonicClock.nanoseconds()
    let keys = try CurveKeys.generate()
    let clientKeys = try CurveKeys.generate()
    let program = ProgramID(ProgramIdentity.current())
    let coordinator = try Coordinator(Coordinator.Configuration(program: program, keys: keys))
    defer { coordinator.stop() }
    coordinator.access.permit(clientKeys.publicKey, as: Coordinator.clientName)
    let folder = try RuntimeFolder.ofUser()
    let address = CoordinatorAddress(
        cluster: "many", endpoint: coordinator.endpoint, serverKey: keys.publicKey,
        clientSecretKey: clientKeys.secretKey, program: program.rawValue)
    try folder.publish(address)
    var agents: [ChildProcess] = []
    // Where it went wrong before the end.
    defer { for agent in agents where agent.reap() == nil { agent.endNow() } }
    try await withCluster(.connected("many")) { cluster in
        for number in 1...count {
            let own = try CurveKeys.generate()
            coordinator.permitAgent(own.publicKey)
            let configuration = AgentConfiguration(
                endpoints: [coordinator.endpoint], serverKey: keys.publicKey,
                secretKey: own.secretKey, name: "agent-\(number)",
                slots: slots.isEmpty ? 1 : slots[number - 1],
                pageBudget: pageBudget, program: program)
            agents.append(try configuration.start())
        }
        tell("started after", seconds(since: began))
        for try await usage in cluster.usage where usage.nodes.count == count { break }
        tell("registered after", seconds(since: began))
        try await body(cluster, began)
    }
    try folder.withdraw(address)
    coordinator.stop()
    var ended = 0
    for agent in agents where agent.waitUntilEnded() == .exited(0) { ended += 1 }
    tell("ended", ended)
    tell("ended after", seconds(since: began))
}

// MARK: Pages of two agents

/// Bytes that move between two agents, and what is left when the last handle goes.
func tellMoves() async throws {
    let large = 12_000_000
    let small = 3_000_000
    try await withAgents(2, pageBudget: 256 << 20) { cluster, _ in
        // Both are known before, so that each agent gets one.
        _ = try await cluster.remotely { [$0.call(load, 1, small), $0.call(load, 2, small)] }[1]
            .value
        func moved() async throws -> Int {
            // Samples come ten times a second; three in a row say the same when all is told.
            var seen: [Int64] = []
            for try await usage in cluster.usage {
                seen.append(usage.fetchedBytes)
                if seen.count > 4, Set(seen.suffix(3)).count == 1 { break }
            }
            return Int(seen.last ?? -1)
        }
        let before = try await moved()
        var pages = try await cluster.remotely { remote in
            [remote.call(load, 3, large), remote.call(load, 4, small)]
        }
        for page in pages { try await page.wait() }
        let spread = try await waitForUsage(cluster) { usage in
            usage.nodes.allSatisfy { $0.residentBytes > 0 }
        }
        tell("both have pages", spread >= 0)
        // Where the large page is: the small one travels.
        let sum = try await cluster.remotely { _ in bothWeights(pages[0], pages[1]) }
        tell("sum", try await sum.value)
        tell("moved", try await moved() - before)
        for try await usage in cluster.usage {
            tell("moved for tasks", usage.progress.movedBytes)
            break
        }
        pages = []
        let waited = try await waitForUsage(cluster) { usage in
            usage.nodes.count == 2 && usage.nodes.allSatisfy { $0.residentBytes == 0 }
        }
        tell("freed after", waited)
    }
}

@Remote func bothWeights(_ left: [UInt8], _ right: [UInt8]) -> Int { weight(left) + weight(right) }

/// The number, and the process that ran it.
@Remote func placeOfWork(_ i: Int, _ milliseconds: Int) -> Int {
    _ = spin(milliseconds)
    return i << 32 | Int(getpid())
}

private func split(_ value: Int) -> (number: Int, process: Int) {
    (value >> 32, value & 0xffff_ffff)
}

private func seconds(since began: Int64) -> Double {
    Double((MonotonicClock.nanoseconds() - began) / 1_000_000) / 1_000
}

// MARK: Editions

/// Tells which edition of the program its tasks are of, again and again, until the file is there.
func tellEditions(until path: String) async throws {
    try await withTestCluster { cluster in
        var editions: Set<String> = []
        var isLast = false
        var round = 0
        while !isLast {
            // What is there when a round begins ends it.
            isLast = unsafe access(path, F_OK) == 0
            let said = try await cluster.remotely { $0.call(editionOfProgram, round) }
            editions.insert(try await said.value)
            if round == 0 { tell("began", getpid()) }
            round += 1
        }
        tell("editions", editions.sorted().joined(separator: ", "))
    }
}

/// Which build of the program this is; tests make others by writing over the words in its file.
@Remote func editionOfProgram(_ round: Int) -> String { "the first edition of this program" }

/// Bytes of this process's memory that are in use.
func residentBytes() -> Int {
    let file = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = unsafe read(file, &bytes, bytes.count)
    let words = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
    return words.count > 1 ? (Int(words[1]) ?? 0) * Int(getpagesize()) : 0
}
