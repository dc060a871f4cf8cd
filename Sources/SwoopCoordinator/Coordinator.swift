// The coordinator as a thing to hold: started, attached to, stopped. Its loop is CoordinatorLoop;
// what it decides is in SwoopScheduling and SwoopForecast.

import Glibc
package import SwoopLaunching
package import SwoopModel
package import SwoopScheduling
package import SwoopTransport
package import SwoopWire
import Synchronization

/// A running coordinator: one thread, one listening port, its clients in this process and
/// elsewhere.
package final class Coordinator: Sendable {
    /// What may be set.
    package struct Configuration: Sendable {
        /// Where it listens; loopback unless told.
        package var endpoint = "tcp://127.0.0.1:*"
        /// The program of this process, which its own agents have.
        package var program: ProgramID
        /// Its files, for nodes that do not have it; nil: it does not travel.
        package var bundle: Bundle?
        /// File of the learned models; empty: none is kept.
        package var modelPath = ""
        /// Keys of its own, made by whoever starts it.
        package var keys: CurveKeys
        package var scheduler = Scheduler.Configuration()
        /// How long its agents go on without hearing of it: so long one may come back.
        package var agentGrace: Int64 = Agreed.grace
        /// How long its own agent has to end, once it was told.
        package var endingLimit: Int64 = nanosecondsPerSecond
        /// Who brings hosts up again and takes new ones in; nil: the hosts stay what they are.
        package var keeper: (any HostKeeper)?
        /// Clients that are remembered until they offer their program, the latest.
        package var awaitedMax = 1_024

        package init(program: ProgramID, keys: CurveKeys) {
            self.program = program
            self.keys = keys
        }
    }

    /// What reaches the loop from this process.
    package enum Command: Sendable {
        case attach(ClientID, @Sendable (ClientReply) -> Void)
        case message(ClientID, ClientMessage)
        case listen(endpoint: String, Answer<Result<String, TransportError>>)
        case depot(ProgramDepot.News)
        case hosts(HostNews)
        case admit(host: String, key: String, Answer<HostAdmission>)
        case check(host: String, Answer<String>)
        case stop
    }

    /// What clients and agents connect to.
    package let endpoint: String
    /// What a person should read of how it listens; nil: nothing.
    package let remark: String?
    package let serverKey: String
    /// Who may connect: clients as `clientName`; agents by `permitAgent`.
    package let access: AccessList
    /// The names under which keys are permitted.
    package static let clientName = "client"
    package static let agentName = "agent"
    private let inbox: Inbox<Command>
    /// Why the loop takes no clients any more; nil: it does.
    private let closing: Closing
    private let thread: Mutex<LoopThread?>

    /// Known to the loop's thread, which may end by itself, and to those who attach.
    private final class Closing: Sendable {
        let reason = Mutex<String?>(nil)
    }

    /// Starts a coordinator; with `agent`, the one agent of this machine as its child.
    ///
    /// - Parameter agent: makes the request that starts the agent, given endpoint and server key.
    package init(
        _ configuration: Configuration,
        agent: (@Sendable (_ endpoint: String) throws -> LocalAgent)? = nil
    ) throws {
        let context = try TransportContext()
        let access = AccessList()
        let authenticator = try Authenticator(for: access, in: context)
        var options = SocketOptions()
        options.highWaterMark = 4_096
        let socket = try Socket(
            .router, in: context, security: .server(configuration.keys, authenticator),
            options: options)
        var endpoint = try socket.bind(to: configuration.endpoint)
        var socketFile: SocketFile?
        var remark: String?
        if agent != nil, !Loopback.isUp {
            (endpoint, socketFile, remark) = try Self.bindWithoutNetwork(socket)
        }
        self.remark = remark
        let inbox = try Inbox<Command>()
        self.endpoint = endpoint
        self.access = access
        self.inbox = inbox
        serverKey = configuration.keys.publicKey
        let local = try agent?(endpoint)
        let depot = try ProgramDepot { inbox.put(.depot($0)) }
        if let bundle = configuration.bundle { depot.keep(bundle) }
        let held = Mutex<Socket?>(consume socket)
        let closing = Closing()
        self.closing = closing
        let parts = HandedOver(
            socket: held, inbox: inbox, local: local, access: access, depot: depot,
            endpoint: endpoint, socketFile: socketFile)
        thread = Mutex(
            try LoopThread(named: "coordinator") {
                guard let socket = parts.socket.withLock({ $0.take() }) else { return }
                var loop = CoordinatorLoop(
                    configuration, inbox: parts.inbox, socket: socket, local: parts.local,
                    access: parts.access, depot: parts.depot, endpoint: parts.endpoint)
                let reason = loop.run()
                parts.socketFile?.remove()
                closing.reason.withLock { $0 = reason }
                // Whoever came too late for the loop's last turn would wait for ever.
                for case .attach(_, let receive) in parts.inbox.take() {
                    receive(.refused(reason))
                }
            })
    }

    private struct HandedOver: ~Copyable, Sendable {
        let socket: Mutex<Socket?>
        let inbox: Inbox<Command>
        let local: LocalAgent?
        let access: AccessList
        let depot: ProgramDepot
        let endpoint: String
        let socketFile: SocketFile?
    }

    /// Listens by a file that only this user's processes reach; where there can be none, by a name
    /// of this machine, at which others can get in the way.
    private static func bindWithoutNetwork(
        _ socket: borrowing Socket
    ) throws -> (endpoint: String, file: SocketFile?, remark: String?) {
        do {
            let file = try SocketFile(in: RuntimeFolder.ofUser())
            return (try socket.bind(to: file.endpoint), file, nil)
        } catch {
            let endpoint = try socket.bind(to: Loopback.endpointWithoutFile())
            return (
                endpoint, nil,
                "there is no loopback network here, and no folder for a socket of this user's "
                    + "alone (\(error)): other users of this machine can slow down whoever "
                    + "connects. Set XDG_RUNTIME_DIR to a folder of mode 700, or bring lo up."
            )
        }
    }

    // MARK: Hosts

    /// The port of every endpoint.
    package var port: UInt16 { endpoint.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }

    /// Listens on one more address of this machine, on the same port, and returns the endpoint; an
    /// address that it listens on already is answered with its endpoint.
    ///
    /// - Throws: `TransportError.cannotListen` where the address is not this machine's, or its port
    ///   is taken.
    package func listen(on address: String) throws(TransportError) -> String {
        let host = address.contains(":") && !address.hasPrefix("[") ? "[\(address)]" : address
        let wanted = "tcp://\(host):\(port)"
        let answer = try Answer<Result<String, TransportError>>()
        inbox.put(.listen(endpoint: wanted, answer))
        let limit = MonotonicClock.nanoseconds() + Self.answerLimit
        guard let result = answer.wait(until: limit) else {
            throw .cannotListen(endpoint: wanted, code: ETIMEDOUT)
        }
        return try result.get()
    }

    /// The loop answers at once, or has ended.
    private static let answerLimit: Int64 = 10 * nanosecondsPerSecond

    /// Takes an agent with this public key in when it registers; its key is its own.
    ///
    /// The coordinator withdraws it by itself when the node has been gone for longer than its agent
    /// lives without a coordinator.
    package func permitAgent(_ publicKey: String) { access.permit(publicKey, as: Self.agentName) }

    /// Somebody with a key is to come from this address, in figures: during a flood it is let in as
    /// if it had been there.
    package func expect(from address: String) { access.expect(from: address) }

    /// Takes no agent with this public key any more: it could not be started, or was given up.
    package func withdrawAgent(_ publicKey: String) { access.withdraw(publicKey) }

    /// Takes an agent of this host with this public key in, unless the host's agent is there or
    /// nobody wants it any more; nil: the coordinator has ended.
    package func admitAgent(of host: String, _ publicKey: String) throws(TransportError)
        -> HostAdmission?
    {
        let answer = try Answer<HostAdmission>()
        inbox.put(.admit(host: host, key: publicKey, answer))
        return answer.wait(until: MonotonicClock.nanoseconds() + Self.answerLimit)
    }

    /// Asks whether a host is there; the answer is why not, or nothing.
    func ask(_ host: String, _ answer: Answer<String>) {
        inbox.put(.check(host: host, answer))
    }

    /// Takes news of hosts from the keeper.
    package func tell(_ news: HostNews) { inbox.put(.hosts(news)) }

    /// Adds a client of this process; `receive` is called on the coordinator's thread and must not
    /// block.
    package func attach(
        _ client: ClientID, receive: @escaping @Sendable (ClientReply) -> Void
    ) {
        let refusal = closing.reason.withLock { reason in
            if reason == nil { inbox.put(.attach(client, receive)) }
            return reason
        }
        if let refusal { receive(.refused(refusal)) }
    }

    /// Takes a message of a client of this process.
    package func send(_ message: ClientMessage, from client: ClientID) {
        inbox.put(.message(client, message))
    }

    /// Ends the agents, writes what was learned, and waits until the thread has ended.
    package func stop() {
        inbox.put(.stop)
        thread.withLock { $0.take()?.join() }
    }

    /// Waits until the loop has ended by itself.
    package func waitUntilEnded() {
        thread.withLock { $0.take()?.join() }
    }
}

/// The agent of this machine, started by its coordinator and ended with it.
package struct LocalAgent: Sendable {
    /// Tells it from the agents of other machines.
    package var publicKey: String
    /// No other agent is to come: without it there is nothing to wait for.
    package var isOnly: Bool
    /// What starts it. The loop's thread owns the process from then on.
    package var start: @Sendable () throws -> ChildProcess

    package init(
        publicKey: String, isOnly: Bool = true, start: @escaping @Sendable () throws -> ChildProcess
    ) {
        self.publicKey = publicKey
        self.isOnly = isOnly
        self.start = start
    }
}
