// The cluster of this machine: a coordinator on a thread of this process, an agent as its child,
// and a file by which the owner's other tools find it.

import Glibc
import SwoopCoordinator
import SwoopLaunching
import SwoopModel
import SwoopStorage
package import SwoopTransport

/// What may be set of a cluster on this machine.
public struct LocalOptions: Sendable {
    /// Cores that tasks may use; unless told, all that this process may use: by its affinity, the
    /// quota of its control group, and the batch system that started it.
    public var cores: Int
    /// Bytes that pages may take in memory; unless told, half of what this process may have: of
    /// the machine's memory, or of its control group's, or of its own limits.
    public var pageBudget: Int
    /// The folder on whose disk pages go that memory has no room for; empty: `$SWOOP_SPILL`, or the
    /// first disk found.
    ///
    /// A leading `~/` is the user's home folder.
    public var spillFolder = ""
    /// Whether `swoop top` and other tools of this user may find the cluster.
    public var isVisible = true
    /// Whether runtimes are learned from earlier programs, and kept for later ones.
    public var learns = true
    /// Whether lines that tasks print, and remarks, are written to this process's output.
    public var showsOutput = true
    /// Where lines that tasks print are written to.
    public var taskOutput = TaskOutput.standardError
    /// Whether progress is shown on standard error, of work that takes longer than half a second:
    /// one line that updates at a terminal, else a line every five seconds.
    public var showsProgress = true
    /// Whether text files are sent to the nodes as if those were other machines; for tests.
    package var sendsFiles = false
    /// The most bytes that a row of a table may have; for tests.
    package var csvRowByteCountMax = _CSVDialect().rowByteCountMax

    /// The defaults.
    public init() {
        cores = ProcessAllowance.cores()
        pageBudget = MachineMemory.pageBudget()
    }

    /// Refuses what no machine has: as the lists of hosts do, and before anything is started.
    func check() throws(SwoopError) {
        if !(1...Agreed.coresMax).contains(cores) {
            throw SwoopError(
                .unreachable, "a cluster of \(cores) cores",
                advice: "Set `cores` to a number from 1 to \(Agreed.coresMax).")
        }
        if !(0...Int(SizeBound.bytesMax)).contains(pageBudget) {
            throw SwoopError(
                .unreachable, "a cluster with \(pageBudget) bytes for pages",
                advice: "Set `pageBudget` to what the machine can spare, in bytes.")
        }
    }
}

/// A running local cluster.
final class LocalCluster: Sendable {
    let coordinator: Coordinator
    /// Writes into the memory of the agent; nil: the agent makes its own.
    let writer: ArenaWriter?
    private let publication: Publication?

    init(
        _ options: LocalOptions, cluster: String, holder: CoordinatorAddress.Holder = .program
    ) throws {
        try options.check()
        try Shortage.check(Self.needs(of: options))
        let keys = try CurveKeys.generate()
        let agentKeys = try CurveKeys.generate()
        let clientKeys = try CurveKeys.generate()
        let program = ProgramID(ProgramIdentity.current())
        var configuration = Coordinator.Configuration(program: program, keys: keys)
        configuration.modelPath = options.learns ? Self.modelPath : ""
        let budget = MachineMemory.granted(options.pageBudget)
        let writer = budget > 0 ? try ArenaWriter(budget: budget) : nil
        self.writer = writer
        coordinator = try Coordinator(configuration) { endpoint in
            LocalAgent(publicKey: agentKeys.publicKey) {
                var configuration = AgentConfiguration(
                    endpoints: [endpoint], serverKey: keys.publicKey,
                    secretKey: agentKeys.secretKey, name: "local", slots: options.cores,
                    pageBudget: options.pageBudget, program: program)
                configuration.spillFolder = options.spillFolder
                // Other programs come to a cluster that is held for them.
                if holder != .program {
                    configuration.cacheFolder = (try? BundleCache.folderOfUser()) ?? ""
                }
                return try configuration.start(arena: writer?.descriptor)
            }
        }
        coordinator.permitAgent(agentKeys.publicKey)
        coordinator.access.permit(clientKeys.publicKey, as: Coordinator.clientName)
        publication =
            options.isVisible
            ? Publication(
                CoordinatorAddress(
                    cluster: cluster, endpoint: coordinator.endpoint, serverKey: keys.publicKey,
                    clientSecretKey: clientKeys.secretKey, holder: holder,
                    program: program.rawValue)) : nil
    }

    /// What the start takes in this process, or in the agent or worker, whichever takes more;
    /// threads of all three, which count together.
    static func needs(of options: LocalOptions) -> Shortage.Needs {
        var needs = Shortage.Needs()
        needs.openFiles = 48
        // Those of Swift's own pool too: where it gets none, the program waits for ever.
        let pool = min(8, ProcessAllowance.cores())
        needs.stacks = 6 + pool
        needs.threads = needs.stacks + 14 + options.cores
        let budget = MachineMemory.granted(options.pageBudget)
        needs.fileBytes = max(budget, 20 << 20)
        needs.sharedBytes = max(budget, 2 << 20)
        needs.ownBytes = 32 << 20
        return needs
    }

    /// Refuses a cluster that is for others, and that nobody could find.
    func expectVisible() throws(SwoopError) { try publication?.expectDone() }

    /// Ends the agent and the coordinator, and takes the address back.
    func stop() {
        publication?.withdraw()
        coordinator.stop()
    }

    func waitUntilEnded() { coordinator.waitUntilEnded() }

    /// Where learned runtimes are kept; empty: nowhere.
    static var modelPath: String { stateFolder.isEmpty ? "" : "\(stateFolder)/models.sqlite" }

    /// What lasts from program to program: `$XDG_STATE_HOME/swoop`, else `~/.local/state/swoop`;
    /// empty: nothing does.
    static var stateFolder: String {
        if let state = variable("XDG_STATE_HOME"), state.hasPrefix("/") { return "\(state)/swoop" }
        guard let home = variable("HOME"), home.hasPrefix("/") else { return "" }
        return "\(home)/.local/state/swoop"
    }

    /// A name for a cluster that is one program's.
    static func uniqueName(_ client: UInt64 = .random(in: 0 ... .max)) -> String {
        "local-\(ProcessIdentity.current().pid)-\(String(client % 46_656, radix: 36))"
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}

extension LocalOptions {
    /// What a start with these options takes of this process's limits, for tools that try it.
    package var startNeeds: Shortage.Needs { LocalCluster.needs(of: self) }

    /// Where what is learned of functions is kept; empty: nowhere.
    package static var modelPath: String { LocalCluster.modelPath }
}
