// The beginning of an agent: its configuration, the way to its coordinator, its memory; then its
// loop.

package import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport

/// An agent process, from start to end.
package enum AgentProcess {
    /// Runs the agent in this process until it is told to end.
    ///
    /// A child of its coordinator's process has its configuration in a held descriptor. Started by
    /// itself it reads it from standard input, says on standard output how far it is, in lines that
    /// begin with `swoop: `, and lets go of its standard streams once it has joined:
    ///
    /// - `joined NAME`: the coordinator took it in; nothing follows.
    /// - `cannot reach ENDPOINT`: it reads one more line, `endpoint=…`, and tries that.
    /// - Else it ends, with the reason on standard error.
    package static func run(_ role: InheritedRole) throws {
        let isChild = role.hasDescriptor(AgentConfiguration.descriptor)
        // Whatever tasks start ends with the agent, on a host also when that is killed.
        if !isChild { Orphans.keepInParent() }
        Orphans.adopt()
        // Other tasks' processes are this user's too: the keys here are not for them.
        ProcessMemory.close()
        var bytes: [UInt8] = []
        defer { bytes.wipe() }
        if isChild {
            bytes = try HeldBytes.read(from: role.takeDescriptor(AgentConfiguration.descriptor))
        } else {
            // Whoever began to start it has gone: nobody is there to be told.
            guard LaunchChannel.readBlock(into: &bytes) else { return }
        }
        var configuration = try AgentConfiguration(decoding: &bytes).decided()
        // A child ends with its parent, however that ends; and a parent that is stopped for a
        // while, by a debugger say, finds its cluster again.
        if isChild { configuration.grace = 0 }
        let context = try TransportContext()
        let keys = try CurveKeys(secretKey: configuration.secretKey)
        let wakeup = try Wakeup()
        let way =
            isChild
            ? try AgentConnection(ofChild: configuration, keys, context)
            : try AgentConnection(reaching: configuration, keys, context)
        let isArenaShared = isChild && role.hasDescriptor(AgentConfiguration.arenaDescriptor)
        let arena =
            isArenaShared
            ? try Arena(owning: role.takeDescriptor(AgentConfiguration.arenaDescriptor).take())
            : try Arena(budget: MachineMemory.granted(configuration.pageBudget))
        // The first worker takes longest to start: everything else is done meanwhile.
        let spill = OpenedSpill(folder: configuration.spillFolder)
        let libraries = NodeLibraries(cache: configuration.cacheFolder)
        let early = try? WorkerLink(
            id: WorkerID(0), program: nil, arena: arena, spill: spill.file, wakeup: wakeup,
            slots: configuration.slots, libraries: libraries)
        let pages: PageExchange
        let programs: ProgramReceiver
        let disk: PageDisk?
        do {
            disk = try spill.file.map { try PageDisk(file: $0) }
            pages = try PageExchange(
                keys: keys, listening: configuration.listening,
                announced: configuration.announced)
            programs = try ProgramReceiver(
                folder: configuration.cacheFolder, bytesMax: configuration.cacheBytesMax)
        } catch {
            early?.endNow()
            throw error
        }
        var loop = AgentLoop(
            configuration, way, context: context, arena: arena, disk: disk,
            spillTrouble: spill.trouble, wakeup: wakeup, pages: pages, programs: programs,
            libraries: libraries,
            isOnChannel: !isChild)
        if let early { loop.watch(early) }
        if let reason = try loop.run() { throw reason }
    }
}

extension AgentConfiguration {
    /// With what was left to the node.
    fileprivate func decided() -> AgentConfiguration {
        var decided = self
        if slots == 0 { decided.slots = max(1, ProcessAllowance.cores()) }
        if pageBudget == 0 {
            // Pages are an anonymous file in memory: no mount limits them, but the machine does, or
            // the group that this process is confined to.
            let budget = MachineMemory.pageBudget()
            decided.pageBudget = min(budget, MachineMemory.availableBytes() ?? budget)
        }
        return decided
    }
}

/// The way to the coordinator.
struct AgentConnection: ~Copyable {
    let socket: Socket
    /// What it is connected to.
    let endpoint: String
    let reach: NodeReach

    /// A child's coordinator is there: it is this agent's parent.
    init(
        ofChild configuration: AgentConfiguration, _ keys: CurveKeys, _ context: TransportContext
    ) throws {
        guard let endpoint = configuration.endpoints.first else {
            throw LaunchError.malformedConfiguration("no \"endpoint\"")
        }
        let socket = try Socket(
            .dealer, in: context, security: .client(keys, serverKey: configuration.serverKey))
        try socket.connect(to: endpoint)
        self.endpoint = endpoint
        self.socket = socket
        reach = .sameMachine
    }

    /// The first endpoint that proves the coordinator's key within its limit, or the one that the
    /// channel names when none does.
    init(
        reaching configuration: AgentConfiguration, _ keys: CurveKeys, _ context: TransportContext
    ) throws {
        for endpoint in configuration.endpoints {
            guard let socket = try Self.connected(to: endpoint, configuration, keys, context)
            else { continue }
            self.endpoint = endpoint
            self.socket = socket
            reach = .network
            return
        }
        let first = configuration.endpoints.first ?? "its coordinator"
        LaunchChannel.say("cannot reach \(first)")
        let prefix = AgentConfiguration.endpointKey + "="
        guard let line = LaunchChannel.readLine(), line.hasPrefix(prefix) else {
            throw AgentError.unreachable(first)
        }
        let endpoint = String(line.dropFirst(prefix.count))
        guard let socket = try Self.connected(to: endpoint, configuration, keys, context) else {
            throw AgentError.unreachable(endpoint)
        }
        self.endpoint = endpoint
        self.socket = socket
        reach = .connection
    }

    private static func connected(
        to endpoint: String, _ configuration: AgentConfiguration, _ keys: CurveKeys,
        _ context: TransportContext
    ) throws -> Socket? {
        var options = SocketOptions()
        // Writable then means that the other side proved its key and took ours.
        options.onlyConnected = true
        options.watchesReach = true
        let socket = try Socket(
            .dealer, in: context, security: .client(keys, serverKey: configuration.serverKey),
            options: options)
        try socket.connect(to: endpoint)
        var poll = PollLoop()
        let isUp = poll.watch(socket, for: .writable)
        socket.watchReach(in: &poll)
        let limit = MonotonicClock.nanoseconds() + configuration.endpointLimit
        while !poll.isReady(isUp, for: .writable) {
            guard !socket.wasRefused else {
                throw AgentError.refused("its key is not taken at \(endpoint)")
            }
            guard MonotonicClock.nanoseconds() < limit else { return nil }
            try poll.wait(until: limit)
        }
        return socket
    }
}
