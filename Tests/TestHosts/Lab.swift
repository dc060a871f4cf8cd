// A laboratory: a private network, and the hosts on it that a test made. This machine is its .1 and
// reaches every host; hosts reach one another and this machine, and nothing else.

import CSwoopSystem
import Glibc
import SwoopTransport
import Synchronization

/// Test hosts of one process.
///
/// They are gone with `end()`, with the last reference, or with this process, however it ends. Any
/// thread may use it.
package final class Lab: Sendable {
    /// What is in the way of making hosts here, as a reason for tests to skip; nil if nothing is.
    package static let obstacle: String? = {
        do {
            let words = try runScript(HostScripts.probe, named: "looking for what hosts need")
            let line = (words.output + words.errors).split(separator: "\n").first
            return line.map { "test hosts: \($0)" }
        } catch {
            return "test hosts: \(error)"
        }
    }()

    /// The address of this machine, as hosts reach it.
    package let address: String
    /// An ssh_config that knows every host by its name (user `worker`), with its identity and its
    /// known hosts: for `ssh -F`, and for the environment variable `SWOOP_SSH_CONFIG`.
    package let configurationPath: String
    /// The private key (ed25519) that hosts let in as `worker` and `root`.
    package let identityPath: String
    /// The keys of all hosts.
    package let knownHostsPath: String

    let folder: String
    let network: String
    /// Process id of the keeper, in whose namespaces the hosts are.
    let keeper: Int32
    private let lock: FileLock
    private let state: Mutex<State>

    private struct State {
        var run: ScriptRun?
        /// The end of the pipe that tells the keeper that this process lives.
        var lifeline: Int32
        var hosts: [String: LabHost] = [:]
        var numbers: [Int] = Array(2...254)
    }

    /// A lab without hosts; the roots of these releases are made, in parallel, if this machine has
    /// not got them.
    package init(preparing releases: [DebianRelease] = []) throws {
        if let obstacle = Lab.obstacle { throw LabError.unavailable(obstacle) }
        try Lab.prepare(releases)
        let place = try LabPlace.take()
        (folder, network, lock) = (place.folder, place.network, place.lock)
        address = "\(network).1"
        configurationPath = "\(folder)/ssh_config"
        identityPath = "\(folder)/identity"
        knownHostsPath = "\(folder)/known_hosts"
        try runSuccessfully(
            #"ssh-keygen -q -t ed25519 -N '' -C test -f "$1"; : >"$2" >"$3""#,
            [identityPath, configurationPath, knownHostsPath], named: "making the test's key")
        var ends: [Int32] = [-1, -1]
        guard unsafe swoop_pipe(&ends) == 0 else {
            throw LabError.failed("pipe2", words: "no descriptors left")
        }
        defer { _ = close(ends[0]) }
        let run = try ScriptRun(
            HostScripts.startKeeper,
            [HostScripts.keeper, place.link, folder, "\(getpid())", network],
            named: "the lab's keeper", descriptors: ["a": ends[0], "b": lock.descriptor],
            endsByItself: true)
        keeper = Int32(try run.line(within: 20)) ?? 0
        state = Mutex(State(run: run, lifeline: ends[1]))
    }

    deinit { end() }

    /// Makes the roots of these releases that this machine has not got, at the same time.
    package static func prepare(_ releases: [DebianRelease]) throws {
        guard let first = releases.first else { return }
        let box = Outcome()
        let thread = try LoopThread(named: "base-root") {
            box.note { _ = try BaseRoot.folder(of: first) }
        }
        box.note { try prepare(Array(releases.dropFirst())) }
        thread.join()
        try box.rethrow()
    }

    /// Makes a host that is up: its SSH server answers.
    ///
    /// The name is the host's own and its alias in the configuration; one that has ended frees it.
    package func host(
        named name: String, _ release: DebianRelease = .bookworm, options: [HostOption] = []
    ) throws -> LabHost {
        let base = try BaseRoot.folder(of: release)
        let number = try reserve(name)
        do {
            let host = try LabHost(
                named: name, number: number, in: self, base: base, options: options)
            state.withLock { $0.hosts[name] = host }
            try writeConfiguration()
            return host
        } catch {
            forget(name, number)
            throw error
        }
    }

    /// The hosts that are up, in the order of their names.
    package var hosts: [LabHost] {
        state.withLock { $0.hosts.values.sorted { $0.name < $1.name } }
    }

    /// Runs a command on a host (`alpha`, `root@alpha`) by this machine's OpenSSH client.
    package func ssh(
        _ host: String, _ command: String, within seconds: Int64 = 60
    ) throws -> CommandResult {
        try runScript(
            #"exec ssh -F "$1" "$2" "$3""#, [configurationPath, host, command],
            named: "ssh \(host)", within: seconds)
    }

    /// Ends every host and the network, and removes all that they had.
    package func end() {
        let (run, lifeline, hosts) = state.withLock { state in
            let ended = (state.run.take(), state.lifeline, state.hosts)
            (state.lifeline, state.hosts) = (-1, [:])
            return ended
        }
        guard let run else { return }
        hosts.values.forEach { _ = $0.stop() }
        _ = close(lifeline)
        _ = try? run.end(within: 20)
        lock.release()
    }

    /// Runs a script in the network to which the hosts are plugged.
    func onSwitch(_ script: String, _ arguments: [String], named name: String) throws {
        try runSuccessfully(
            #"keeper=$1 script=$2; shift 2; exec nsenter -t "$keeper" -n sh -c "$script" sh "$@""#,
            ["\(keeper)", script] + arguments, named: name)
    }

    /// Takes a host that has ended off the list.
    func forget(_ name: String, _ number: Int) {
        state.withLock { state in
            state.hosts[name] = nil
            // Last in, last out: an address is not another host's soon.
            if !state.numbers.contains(number) { state.numbers.append(number) }
        }
    }

    private func reserve(_ name: String) throws -> Int {
        try state.withLock { state in
            if state.hosts[name] != nil { throw LabError.nameTaken(name) }
            guard state.lifeline >= 0 else { throw LabError.unavailable("the lab has ended") }
            guard !state.numbers.isEmpty else { throw LabError.noAddressLeft }
            return state.numbers.removeFirst()
        }
    }

    /// Writes the files that OpenSSH reads, each in one step.
    func writeConfiguration() throws {
        var configuration = ""
        var keys = ""
        for host in hosts {
            configuration += """
                Host \(host.name)
                  HostName \(host.address)
                  User worker

                """
            keys += "\(host.address) \(host.publicKey)\n"
        }
        configuration += """
            Host *
              IdentityFile \(identityPath)
              IdentitiesOnly yes
              UserKnownHostsFile \(knownHostsPath)
              GlobalKnownHostsFile /dev/null
              StrictHostKeyChecking yes
              BatchMode yes

            """
        let replace = #"printf %s "$2" >"$1.new" && mv "$1.new" "$1" && shift 2 || exit 1"#
        try runSuccessfully(
            "\(replace); \(replace)", [knownHostsPath, keys, configurationPath, configuration],
            named: "writing the SSH configuration")
    }
}

/// The first error of a few threads.
private final class Outcome: Sendable {
    private let error = Mutex<(any Error)?>(nil)

    func note(_ body: () throws -> Void) {
        do { try body() } catch { self.error.withLock { $0 = $0 ?? error } }
    }

    func rethrow() throws {
        if let error = error.withLock({ $0 }) { throw error }
    }
}
