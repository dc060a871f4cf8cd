// Hosts whose logins may use less than the machine has: their nodes take that much, and where an
// agent lacks something the host is named with what it was.

import Foundation
import TestHosts
import TestPrograms
import Testing

/// What `swoop status --json` says of nodes.
private struct StatusOfNodes: Decodable {
    struct Node: Decodable {
        var cores: Int
        var pageBudgetBytes: Int
    }

    var nodes: [Node]
}

// On the hosts of those tests: the program is there by then.
extension ClusterTests.UpDownTests {
    /// Brings the host up with something said to its shell before the agent begins.
    private func up(prolog: String) throws -> UserDesk.Ended {
        let path = desk.folder.path + "/hosts.yaml"
        let text = """
            hosts:
              - name: alpha
                prolog: \(prolog)
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try desk.swoop("up", path)
    }

    @Test func `a node has the cores and the memory that its host's login may use`() throws {
        let prolog = "taskset -cp 0 $$ >/dev/null; ulimit -f 400000"
        let up = try up(prolog: prolog)
        #expect(up.status == 0, "\(up.errors)")
        let said = try desk.swoop("status", "--json")
        let status = try JSONDecoder().decode([StatusOfNodes].self, from: Data(said.output.utf8))
        let node = try #require(status.first?.nodes.first)
        #expect(node.cores == 1)
        // Shells count in pieces of 512 or of 1,024 bytes.
        #expect(node.pageBudgetBytes > 8 << 20 && node.pageBudgetBytes <= 400_000 << 10)
        _ = try desk.swoop("down")
    }

    @Test func `an agent that lacks open files names its host and how to have more`() throws {
        let up = try up(prolog: "ulimit -n 16")
        #expect(up.status == 1)
        #expect(up.errors.contains("alpha: start: "), "\(up.errors)")
        #expect(up.errors.contains("ulimit -n 1024"), "\(up.errors)")
        #expect(desk.processesLeft == [])
    }
}
