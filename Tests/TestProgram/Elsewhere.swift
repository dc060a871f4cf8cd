// A function that fails on one node only, since that lacks a file: with and without another try.

import Glibc
import Swoop

/// What a node lacks.
struct FileAbsent: Error {
    let name: String
}

/// The agent whose worker runs this, by its number in the system, after some milliseconds.
@Remote func agentNumber(_ i: Int) -> Int32 {
    usleep(20_000)
    return getppid()
}

private func has(_ folder: String) -> Bool { unsafe access("\(folder)/\(getppid())", F_OK) == 0 }

/// Works where the node has its file.
@Remote func readOwn(_ folder: String, _ i: Int) throws -> Int {
    usleep(5_000)
    if !has(folder) { throw FileAbsent(name: "own") }
    return i
}

/// Works nowhere.
@Remote func readAbsent(_ i: Int) throws -> Int { throw FileAbsent(name: "any") }

@Remote func readInChain(_ i: Int, _ folder: String) throws -> Int {
    if !has(folder) { throw FileAbsent(name: "own") }
    return i
}

/// `elsewhere FOLDER`
func tellElsewhere(in folder: String) async throws {
    try await withAgents(2, pageBudget: 64 << 20) { cluster, _ in
        let calls = try await cluster.remotely { remote in
            (0..<40).map { remote.call(agentNumber, $0) }
        }
        var agents: Set<Int32> = []
        for call in calls { agents.insert(try await call.value) }
        tell("agents", agents.count)
        let file = unsafe open(
            "\(folder)/\(agents.min() ?? 0)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        _ = close(file)
        try await tellTries(cluster, folder)
    }
}

private func tellTries(_ cluster: Cluster, _ folder: String) async throws {
    func sum(_ retry: RetryPolicy) async throws -> Int {
        let calls = try await cluster.remotely(retry: retry) { remote in
            (0..<40).map { remote.call(readOwn, folder, $0) }
        }
        var sum = 0
        var failure: SwoopError?
        for call in calls {
            do {
                sum += try await call.value
            } catch let error as SwoopError {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return sum
    }
    // Some runs end well first, so that they can be told of.
    _ = try? await sum(.never)
    await tell("once") { try await sum(.never) }
    await tell("twice") { try await sum(.attempts(2)) }
    await tell("twice, later") { try await sum(.attempts(2, backOff: .milliseconds(20))) }
    await tell("chain once") {
        try await cluster.remotely { $0.range(0..<1_000).map(readInChain.with(folder)).sum }.value
    }
    await tell("chain twice") {
        try await cluster.remotely(retry: .attempts(2)) {
            $0.range(0..<1_000).map(readInChain.with(folder)).sum
        }.value
    }
    await tell("nowhere") {
        try await cluster.remotely(retry: .attempts(3)) { $0.call(readAbsent, 1) }.value
    }
    await tell("loop") {
        try await cluster.remotely(retry: .attempts(2)) { remote in
            remote.iterate(from: 1, count: 20) { readOwn(folder, $0) }
        }.value
    }
}
