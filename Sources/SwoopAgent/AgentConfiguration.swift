// What an agent is told when it is started, over a descriptor that only it holds: never on a
// command line.

package import SwoopLaunching
import SwoopTransport

/// Everything an agent must know; handed over as lines `key=value`.
package struct AgentConfiguration: Sendable, Equatable {
    /// Where the coordinator listens, and the key that it proves.
    package var endpoint: String
    package var serverKey: String
    /// The key by which the coordinator knows its agents.
    package var secretKey: String
    /// The node's name.
    package var name: String
    /// Slots of its worker.
    package var slots: Int
    /// Bytes that pages may take.
    package var pageBudget: Int
    /// Hash of the program's bundle.
    package var program: String

    package init(
        endpoint: String, serverKey: String, secretKey: String, name: String, slots: Int,
        pageBudget: Int, program: String
    ) {
        self.endpoint = endpoint
        self.serverKey = serverKey
        self.secretKey = secretKey
        self.name = name
        self.slots = slots
        self.pageBudget = pageBudget
        self.program = program
    }

    /// The role's name in `LaunchRequest`.
    package static let role = "agent"
    /// The descriptor's name.
    package static let descriptor = "configuration"

    /// The lines.
    package var encoded: [UInt8] {
        let lines = [
            "endpoint=\(endpoint)", "server-key=\(serverKey)", "secret-key=\(secretKey)",
            "name=\(name)", "slots=\(slots)", "page-budget=\(pageBudget)", "program=\(program)",
        ]
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// Reads the lines; nil when one is missing.
    package init?(decoding bytes: [UInt8]) {
        var values: [Substring: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { return nil }
            values[line[..<equals]] = String(line[line.index(after: equals)...])
        }
        guard let endpoint = values["endpoint"], let serverKey = values["server-key"],
            let secretKey = values["secret-key"], let name = values["name"],
            let slots = values["slots"].flatMap({ Int($0) }), slots > 0,
            let pageBudget = values["page-budget"].flatMap({ Int($0) }),
            let program = values["program"]
        else { return nil }
        self.init(
            endpoint: endpoint, serverKey: serverKey, secretKey: secretKey, name: name,
            slots: slots, pageBudget: pageBudget, program: program)
    }

    /// A request that starts an agent with this configuration as a child of this process.
    package func start() throws -> ChildProcess {
        let held = try HeldBytes.descriptor(holding: encoded)
        var request = LaunchRequest(role: Self.role)
        request.descriptors[Self.descriptor] = held.rawValue
        return try ChildProcess(starting: request)
    }
}
