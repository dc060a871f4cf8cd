// The cluster of this machine: a coordinator on a thread of this process, an agent as its child,
// and a file by which the owner's other tools find it.

import Glibc
import SwoopAgent
import SwoopCoordinator
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// What may be set of a cluster on this machine.
public struct LocalOptions: Sendable {
    /// Cores that tasks may use; all that this process may use unless told.
    public var cores: Int
    /// Bytes that pages may take in memory; half of the machine's memory unless told.
    public var pageBudget: Int
    /// Whether `swoop top` and other tools of this user may find the cluster.
    public var isVisible = true
    /// Whether runtimes are learned from earlier programs, and kept for later ones.
    public var learns = true
    /// Whether lines that tasks print, and remarks, are written to this process's output.
    public var showsOutput = true
    /// Whether a line of progress is shown at a terminal.
    public var showsProgress = false

    /// The defaults.
    public init() {
        cores = MonotonicClock.usableCores()
        pageBudget = Int(clamping: Int64(sysconf(Int32(_SC_PHYS_PAGES))) * 4_096 / 2)
    }
}

/// A running local cluster.
final class LocalCluster: Sendable {
    let coordinator: Coordinator
    private let folder: RuntimeFolder?
    private let address: CoordinatorAddress?

    init(_ options: LocalOptions, cluster: String) throws {
        let keys = try CurveKeys.generate()
        let agentKeys = try CurveKeys.generate()
        let clientKeys = try CurveKeys.generate()
        let program = ProgramIdentity.current()
        var configuration = Coordinator.Configuration(program: program, keys: keys)
        configuration.modelPath = options.learns ? Self.modelPath : ""
        coordinator = try Coordinator(configuration) { endpoint in
            LocalAgent {
                try AgentConfiguration(
                    endpoint: endpoint, serverKey: keys.publicKey,
                    secretKey: agentKeys.secretKey, name: "local", slots: max(1, options.cores),
                    pageBudget: options.pageBudget, program: program
                ).start()
            }
        }
        coordinator.access.permit(agentKeys.publicKey, as: "agent")
        coordinator.access.permit(clientKeys.publicKey, as: "client")
        guard options.isVisible, let folder = try? RuntimeFolder.ofUser() else {
            folder = nil
            address = nil
            return
        }
        let address = CoordinatorAddress(
            cluster: cluster, endpoint: coordinator.endpoint, serverKey: keys.publicKey,
            clientSecretKey: clientKeys.secretKey)
        self.folder = folder
        // Whoever was killed could not take its own address back.
        _ = try? folder.coordinators()
        self.address = (try? folder.publish(address)) != nil ? address : nil
    }

    /// Whether its address was published.
    var isVisible: Bool { address != nil }

    /// Ends the agent and the coordinator, and takes the address back.
    func stop() {
        if let folder, let address { try? folder.withdraw(address) }
        coordinator.stop()
    }

    func waitUntilEnded() { coordinator.waitUntilEnded() }

    /// Where learned runtimes are kept: `$XDG_STATE_HOME/swoop`, else `~/.local/state/swoop`.
    private static var modelPath: String {
        if let state = variable("XDG_STATE_HOME"), state.hasPrefix("/") {
            return "\(state)/swoop/models.sqlite"
        }
        guard let home = variable("HOME"), home.hasPrefix("/") else { return "" }
        return "\(home)/.local/state/swoop/models.sqlite"
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
