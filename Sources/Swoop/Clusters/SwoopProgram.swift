// A program that is one scope: `@main struct Pi: SwoopProgram { func run(on cluster: Cluster) … }`.

import Glibc
import SwoopModel

/// A program whose `run(on:)` is given a cluster: the one that `swoop up` brought up, where there
/// is one, else this machine.
///
/// ```swift
/// @main struct Pi: SwoopProgram {
///     func run(on cluster: Cluster) async throws { … }
/// }
/// ```
public protocol SwoopProgram: Sendable {
    /// Makes the program; nothing is running yet.
    init()
    /// Which cluster; the environment goes before it: `SWOOP_CONNECT` with the name of a standing
    /// one, or `local`; `SWOOP_HOSTS` with a hosts file, or hosts between spaces.
    static var cluster: ClusterSpec { get }
    /// The program.
    func run(on cluster: Cluster) async throws
}

extension SwoopProgram {
    /// The cluster that `swoop up` brought up, or this machine.
    public static var cluster: ClusterSpec { .standingOrLocal }

    /// Starts the cluster, runs the program, ends the cluster.
    ///
    /// An error is printed, and the status is 1.
    @concurrent public static func main() async {
        do {
            let spec = ClusterSpec.ofEnvironment ?? cluster
            try await withCluster(spec) { cluster in try await Self().run(on: cluster) }
        } catch {
            let text = Array("\(PrintableText.lines("\(error)"))\n".utf8)
            _ = unsafe text.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
            exit(1)
        }
    }
}

extension ClusterSpec {
    /// What the environment asks for: `SWOOP_CONNECT` names a standing cluster (or `local`),
    /// `SWOOP_HOSTS` a hosts file or hosts between spaces; nil: nothing.
    public static var ofEnvironment: ClusterSpec? {
        if let name = variable("SWOOP_CONNECT") {
            return name == "local" ? .local : .connected(name)
        }
        guard let hosts = variable("SWOOP_HOSTS") else { return nil }
        let isFile = unsafe access(hosts, R_OK) == 0
        if isFile { return .hosts(file: hosts) }
        return .hosts(HostOptions(hosts.split(separator: " ").map(String.init)))
    }

    private static func variable(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }
}
