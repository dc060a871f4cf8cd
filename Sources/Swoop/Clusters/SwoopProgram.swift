// A program that is one scope: `@main struct Pi: SwoopProgram { func run(on cluster: Cluster) … }`.

import Glibc

/// A program whose `run(on:)` is given a cluster: this machine, or the standing one that the
/// environment names.
///
/// ```swift
/// @main struct Pi: SwoopProgram {
///     func run(on cluster: Cluster) async throws { … }
/// }
/// ```
public protocol SwoopProgram: Sendable {
    /// Makes the program; nothing is running yet.
    init()
    /// Which cluster; the environment's `SWOOP_CONNECT`, if set, goes before it.
    static var cluster: ClusterSpec { get }
    /// The program.
    func run(on cluster: Cluster) async throws
}

extension SwoopProgram {
    /// This machine.
    public static var cluster: ClusterSpec { .local }

    /// Starts the cluster, runs the program, ends the cluster.
    ///
    /// An error is printed, and the status is 1.
    @concurrent public static func main() async {
        var spec = cluster
        if let name = unsafe getenv("SWOOP_CONNECT") {
            spec = .connected(unsafe String(cString: name))
        }
        do {
            try await withCluster(spec) { cluster in try await Self().run(on: cluster) }
        } catch {
            let text = Array("\(error)\n".utf8)
            _ = unsafe text.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
            exit(1)
        }
    }
}
