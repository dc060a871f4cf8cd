// The coordinator as a thing to hold: started, attached to, stopped. Its loop is CoordinatorLoop;
// what it decides is in SwoopScheduling and SwoopForecast.

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
        /// Hash of the program's bundle: clients and agents must have the same.
        package var program: String
        /// File of the learned models; empty: none is kept.
        package var modelPath = ""
        /// Keys of its own, made by whoever starts it.
        package var keys: CurveKeys
        package var scheduler = Scheduler.Configuration()

        package init(program: String, keys: CurveKeys) {
            self.program = program
            self.keys = keys
        }
    }

    /// What reaches the loop from this process.
    package enum Command: Sendable {
        case attach(ClientID, @Sendable (ClientReply) -> Void)
        case message(ClientID, ClientMessage)
        case stop
    }

    /// What clients and agents connect to.
    package let endpoint: String
    package let serverKey: String
    /// Who may connect; names are `agent` and `client`.
    package let access: AccessList
    private let inbox: Inbox<Command>
    private let thread: Mutex<LoopThread?>

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
        let endpoint = try socket.bind(to: configuration.endpoint)
        let inbox = try Inbox<Command>()
        self.endpoint = endpoint
        self.access = access
        self.inbox = inbox
        serverKey = configuration.keys.publicKey
        let local = try agent?(endpoint)
        let held = Mutex<Socket?>(consume socket)
        let parts = HandedOver(socket: held, inbox: inbox, local: local)
        thread = Mutex(
            try LoopThread(named: "coordinator") {
                guard let socket = parts.socket.withLock({ $0.take() }) else { return }
                var loop = CoordinatorLoop(
                    configuration, inbox: parts.inbox, socket: socket, local: parts.local)
                loop.run()
            })
    }

    private struct HandedOver: ~Copyable, Sendable {
        let socket: Mutex<Socket?>
        let inbox: Inbox<Command>
        let local: LocalAgent?
    }

    /// Adds a client of this process; `receive` is called on the coordinator's thread and must not
    /// block.
    package func attach(
        _ client: ClientID, receive: @escaping @Sendable (ClientReply) -> Void
    ) {
        inbox.put(.attach(client, receive))
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
    /// What starts it. The loop's thread owns the process from then on.
    package var start: @Sendable () throws -> ChildProcess

    package init(start: @escaping @Sendable () throws -> ChildProcess) { self.start = start }
}
