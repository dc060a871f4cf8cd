// The program of a user, as the integration tests start it: one subcommand for each thing that a
// cluster must do, each telling what came out as lines `name = value`. What is right is said by the
// tests.

import Glibc
import Swoop

@main struct TestProgram {
    /// What may follow the program's name.
    private static let commands: [String: @Sendable ([String]) async throws -> Void] = [
        "calls": { _ in try await tellCalls() },
        "proxies": { _ in try await tellProxies() },
        "cancelling": { _ in try await tellCancelling() },
        "first-hour": { arguments in try await tellFirstHour(in: arguments[0]) },
        "loops": { _ in try await tellLoops() },
        "children": { _ in try await tellChildren() },
        "sent-text": { arguments in try await tellSentText(of: arguments[0]) },
        "tables": { arguments in try await tellTables(in: arguments[0], sent: arguments[1]) },
        "saving": { arguments in try await tellSaving(in: arguments[0], sent: arguments[1]) },
        "sorts": { arguments in try await tellSorts(arguments) },
        "joins": { arguments in try await tellJoins(arguments) },
        "random-joins": { arguments in try await tellRandomJoins(arguments) },
        "exhausted": { _ in try await tellExhausted() },
        "large-sorts": { arguments in try await tellLargeSorts(arguments) },
        "many-sorts": { arguments in try await tellManySorts(arguments) },
        "large-groups": { arguments in try await tellLargeGroups(arguments) },
        "pieces": { _ in try await tellPieces() },
        "streaming": { arguments in try await tellStreaming(of: arguments[0]) },
        "chains": { arguments in try await tellChains(of: arguments[0]) },
        "handles": { _ in try await tellHandles() },
        "gatherings": { _ in try await tellGatherings() },
        "failures": { _ in try await tellFailures() },
        "neighbours": { _ in try await tellNeighbours() },
        "intruder": { arguments in try await tellIntruder(Int(arguments[0]) ?? 0) },
        "curious": { _ in try await tellCurious() },
        "vandals": { arguments in try await tellVandals(Int(arguments[0]) ?? 1) },
        "job": { arguments in try await runJob(arguments) },
        "streams": { _ in try await tellStreams() },
        "chaos": { arguments in try await tellChaos(arguments) },
        "standing": { arguments in
            try await hold(
                cluster: arguments[0],
                pageBudget: arguments.count > 1 ? Int(arguments[1]) ?? 0 : 1 << 30)
        },
        "printing": { arguments in
            try await tellPrinting(to: arguments.isEmpty ? .standardError : .asPrinted)
        },
        "painting": { _ in try await tellPainting() },
        "flood": { _ in try await tellFlood() },
        "megabytes": { _ in try await tellMegabytes() },
        "usage": { arguments in try await tellUsage(tasks: Int(arguments[0]) ?? 1) },
        "bulk": { arguments in try await tellBulk(Int(arguments[0]) ?? 1) },
        "sizes": { _ in try await tellSizes() },
        "many": { arguments in try await tellMany(Int(arguments[0]) ?? 1) },
        "inputs": { arguments in try await tellInputs(Int(arguments[0]) ?? 1) },
        "loaders": { arguments in try await tellLoaders(arguments) },
        "needs": { arguments in try await tellNeeds(arguments) },
        "arena": { _ in try await tellSmallArena() },
        "puts": { _ in try await tellPuts() },
        "put-memory": { _ in try await tellPutMemory() },
        "puts-forever": { arguments in try await putForever(into: arguments[0]) },
        "when-empty": { arguments in try await tellWhenEmpty(arguments[0]) },
        "store": { _ in try await tellStore() },
        "spilled": { _ in try await holdSpilled() },
        "damaged": { arguments in try await tellDamaged(after: arguments[0]) },
        "full-disk": { _ in try await tellFullDisk() },
        "agents": { arguments in try await tellAgents(arguments) },
        "moves": { _ in try await tellMoves() },
        "giant": { arguments in try await tellGiant(arguments) },
        "huge": { arguments in try await tellHuge(arguments) },
        "broadcast": { arguments in try await tellBroadcast(arguments) },
        "editions": { arguments in try await tellEditions(until: arguments[0]) },
        "dependents": { arguments in try await tellDependents(arguments) },
        "cycles": { arguments in try await tellCycles(Int(arguments[0]) ?? 1) },
        "sums": { arguments in try await tellSums(arguments) },
        "absence": { arguments in try await tellAbsence(arguments) },
        "exchange": { arguments in try await tellExchange(arguments) },
        "bits": { arguments in try await tellBits(arguments) },
        "traffic": { _ in try await tellTraffic() },
        "wrong-files": { arguments in try await tellWrongFiles(arguments) },
        "wrong-tables": { arguments in
            try await tellWrongTables(in: arguments[0], sent: arguments[1])
        },
        "wrong-outputs": { arguments in
            try await tellWrongOutputs(in: arguments[0], sent: arguments[1])
        },
        "odd-files": { arguments in try await tellOddFiles(arguments) },
        "left-out": { arguments in try await tellLeftOut(arguments) },
        "left-out-often": { arguments in try await tellLeftOutOften(in: arguments[0]) },
        "key-rules": { _ in try await tellKeyRules() },
        "wrong-collections": { _ in try await tellWrongCollections() },
        "exact-sums": { arguments in try await tellExactSums(arguments) },
        "random-sums": { arguments in try await tellRandomSums(arguments) },
        "long-rows": { arguments in try await tellLongRows(in: arguments[0]) },
        "elsewhere": { arguments in try await tellElsewhere(in: arguments[0]) },
        "evidence": { arguments in try await tellEvidence(of: arguments[0]) },
        "made-evidence": { _ in try await tellMadeEvidence() },
        "taught": { _ in try await tellTaught() },
        "endless": { arguments in try await tellEndless(in: arguments[0]) },
        "unprivileged": { arguments in runUnprivileged(arguments) },
        "programs": { _ in try await runPrograms() },
        "keep": { arguments in try await tellKeeping(in: arguments[0]) },
        "kept": { arguments in try await tellKept(in: arguments[0]) },
        "keep-large": { arguments in try await tellKeepingLarge(in: arguments[0]) },
        "kept-large": { arguments in try await tellKeptLarge(in: arguments[0]) },
        "keeps-nothing": { _ in try await tellKeepsNothing() },
    ]

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let name = arguments.first, let command = commands[name] else {
            tell("unknown command", arguments.first ?? "none")
            exit(64)
        }
        do {
            try await command(Array(arguments.dropFirst()))
        } catch {
            tell("threw", error)
            exit(1)
        }
    }
}

/// Writes a line `name = value` at once; line feeds of the value become ` / `.
func tell(_ name: String, _ value: Any) {
    let text = "\(value)".split(separator: "\n").joined(separator: " / ")
    let bytes = Array("\(name) = \(text)\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

/// Tells what came out, or which error.
func tell<Value>(_ name: String, _ make: () async throws -> Value) async {
    do {
        tell(name, try await make())
    } catch let error as SwoopError {
        tell(name, "error \(error)")
    } catch {
        tell(name, "other error \(error)")
    }
}

/// A cluster of this machine that leaves the user's models alone; where the environment names
/// another, that one.
func withTestCluster(
    cores: Int = 2, sendsFiles: Bool = false, pageBudget: Int = 1 << 30,
    rowByteCountMax: Int? = nil, taskOutput: TaskOutput = .standardError,
    _ body: (Cluster) async throws -> sending Void
) async throws {
    var options = LocalOptions()
    options.cores = cores
    options.learns = false
    options.sendsFiles = sendsFiles
    options.pageBudget = pageBudget
    options.taskOutput = taskOutput
    if let rowByteCountMax { options.csvRowByteCountMax = rowByteCountMax }
    try await withCluster(.ofTest ?? .local(options), body)
}

extension ClusterSpec {
    /// What the environment asks for; TEST_GRACE is the grace of its hosts, in seconds.
    static var ofTest: ClusterSpec? {
        guard case .hosts(var options) = ofEnvironment else { return ofEnvironment }
        if let text = unsafe getenv("TEST_GRACE"), let seconds = Int(unsafe String(cString: text)) {
            options.grace = .seconds(seconds)
        }
        return .hosts(options)
    }
}
