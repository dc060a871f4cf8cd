// A job that tests kill things under, and a cluster that outlives its clients.

import Glibc
import Swoop

/// What a job over a cluster may be told: `job CLUSTER TASKS MILLISECONDS`; `local` is this
/// machine, `environment` what SWOOP_CONNECT or SWOOP_HOSTS names.
func runJob(_ arguments: [String]) async throws {
    guard arguments.count == 3, let tasks = Int(arguments[1]), let milliseconds = Int(arguments[2])
    else { return tell("usage", "job CLUSTER TASKS MILLISECONDS") }
    var options = LocalOptions()
    options.cores = 2
    options.learns = arguments[0] == "learning"
    let spec: ClusterSpec
    switch arguments[0] {
    case "local", "learning": spec = .local(options)
    case "environment": spec = .ofTest ?? .local(options)
    default: spec = .connected(arguments[0])
    }
    try await withCluster(spec) { cluster in
        tell("began", getpid())
        let proxies = try await cluster.remotely { remote in
            (0..<tasks).map { remote.call(work, $0, milliseconds) }
        }
        var right = 0
        for (i, proxy) in proxies.enumerated() {
            if i == 1 { tell("first", 1) }
            if try await proxy.value == i * i { right += 1 }
        }
        tell("right", right)
        tell(
            "chain", try await cluster.remotely { $0.range(0..<500_000).filter(isOdd).count }.value)
    }
    tell("ended", 1)
}

@Remote func work(_ i: Int, _ milliseconds: Int) -> Int {
    _ = spin(milliseconds)
    return i * i
}

/// Holds a standing cluster until this process is ended.
func hold(cluster name: String, pageBudget: Int) async throws {
    var options = LocalOptions()
    options.cores = 2
    options.learns = false
    options.pageBudget = pageBudget
    try await holdCluster(named: name, options)
}

/// Prints among pages that are stored, and tells at standard error what the streams lead to:
/// whoever starts this may have closed the others.
func tellStreams() async throws {
    try await withTestCluster { cluster in
        let pages = try await cluster.remotely { remote in
            remote.range(0..<100_000).map(squareOf).stored()
        }
        try await pages.wait()
        for _ in 0..<1_000 { print("a line that nobody reads") }
        fflush(nil)
        let sum = try await cluster.remotely { _ in pages.chain.sum }.value
        var words = ["sum = \(sum)"]
        for stream in 0...1 {
            var path = [UInt8](repeating: 0, count: 256)
            let count = unsafe readlink("/proc/self/fd/\(stream)", &path, path.count)
            words.append(
                "stream \(stream) = " + String(decoding: path.prefix(max(0, count)), as: UTF8.self))
        }
        let bytes = Array((words.joined(separator: "\n") + "\n").utf8)
        _ = unsafe write(2, bytes, bytes.count)
    }
}

@Remote func squareOf(_ i: Int) -> Int { i * i }
