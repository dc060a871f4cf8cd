// What `swoop up` asks of the process that is to hold a cluster of hosts, and what that answers, as
// lines. Swoop has what that process does.

/// A cluster of hosts that outlives its clients: what `swoop up` starts.
package struct StandingCluster: Sendable, Equatable {
    /// Its name; nil: the hosts file's, else `standing`.
    package var name: String?
    /// A hosts file; nil: `hosts`.
    package var file: String?
    /// Hosts as they stand on a command line.
    package var hosts: [String]
    package var acceptsNewKeys: Bool
    /// Seconds.
    package var connectLimit: Int
    /// Seconds.
    package var grace: Int
    package var showsProgress: Bool

    package init(
        name: String?, file: String?, hosts: [String], acceptsNewKeys: Bool, connectLimit: Int,
        grace: Int, showsProgress: Bool
    ) {
        self.name = name
        self.file = file
        self.hosts = hosts
        self.acceptsNewKeys = acceptsNewKeys
        self.connectLimit = connectLimit
        self.grace = grace
        self.showsProgress = showsProgress
    }

    /// What became of one host, for tools.
    package struct HostReport: Sendable, Equatable {
        package var host: String
        /// Nil: its agent has joined.
        package var failure: String?
        package var step: String
        package var isCarried: Bool
        /// What its user should know though all is well; empty: nothing.
        package var remark = ""

        package init(host: String, failure: String?, step: String, isCarried: Bool) {
            self.host = host
            self.failure = failure
            self.step = step
            self.isCarried = isCarried
        }

        /// What a running cluster said of the host.
        package init(_ result: HostResult) {
            self.init(
                host: result.host, failure: result.failure.isEmpty ? nil : result.failure,
                step: result.step, isCarried: result.isCarried)
            remark = result.remark
        }
    }
}

extension StandingCluster {
    /// The request as a line; what is nil is an empty word.
    package var line: String {
        TabbedLine.text(
            of: [
                name ?? "", file ?? "", acceptsNewKeys ? "yes" : "no", String(connectLimit),
                String(grace), showsProgress ? "yes" : "no",
            ] + hosts)
    }

    /// The request of a line; nil: it is none.
    package init?(line: String) {
        let words = TabbedLine.words(of: line[...])
        guard words.count >= 6, let connectLimit = Int(words[3]), let grace = Int(words[4]) else {
            return nil
        }
        self.init(
            name: words[0].isEmpty ? nil : words[0], file: words[1].isEmpty ? nil : words[1],
            hosts: Array(words[6...]), acceptsNewKeys: words[2] == "yes",
            connectLimit: connectLimit, grace: grace, showsProgress: words[5] == "yes")
    }
}

extension StandingCluster.HostReport {
    /// The report as a line.
    package var line: String {
        TabbedLine.text(of: [host, isCarried ? "carried" : "direct", step, failure ?? ""])
    }

    /// The report of a line; nil: it is none.
    package init?(line: Substring) {
        let words = TabbedLine.words(of: line)
        guard words.count == 4 else { return nil }
        self.init(
            host: words[0], failure: words[3].isEmpty ? nil : words[3], step: words[2],
            isCarried: words[1] == "carried")
    }
}
