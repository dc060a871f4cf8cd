// Who brings hosts up for a standing cluster: what the coordinator asks of it, and what it tells.

package import SwoopModel

/// Talks to hosts for a coordinator: on threads of its own, since that blocks.
package protocol HostKeeper: AnyObject, Sendable {
    /// Read which hosts are meant: `HostNews.listed` follows.
    func list(_ wanted: HostsWanted, for client: ClientID)
    /// Bring these up: `HostNews.ended`, or `HostNews.local` for this machine, follows for each.
    func bringUp(_ hosts: [String])
    /// These belong to the cluster no more.
    func forget(_ host: String)
}

/// What a keeper of hosts tells the coordinator.
package enum HostNews: Sendable {
    /// Which hosts a client means; or what is wrong with its list.
    case listed(ClientID, Result<[ListedHost], HostListRefusal>)
    /// How far a host is.
    case progressed(String, String)
    /// What became of a host that was to be brought up; `passes`: trying again may help.
    case ended(HostResult, passes: Bool)
    /// How the agent of this machine is started.
    case local(LocalAgent)
    /// These are the cluster's from the beginning: they have been brought up.
    case kept([String])
}

/// A host that a client asked for.
package struct ListedHost: Sendable {
    package var name: String
    /// What its user should know if the host is up already; empty: nothing.
    package var remark: String

    package init(name: String, remark: String) {
        self.name = name
        self.remark = remark
    }
}

/// Why a list of hosts is none, for people.
package struct HostListRefusal: Error, Sendable {
    /// A sentence that says what would be right.
    package var text: String

    package init(_ text: String) { self.text = text }
}
