// The file by which the owner's other processes find a coordinator.

import SwoopLaunching

/// An address that was published, as long as it stands.
struct Publication: Sendable {
    private let folder: RuntimeFolder
    private let address: CoordinatorAddress
    /// Whether others can find it.
    let isDone: Bool

    /// Publishes; nil when the user has no runtime folder that is safe.
    init?(_ address: CoordinatorAddress) {
        guard let folder = try? RuntimeFolder.ofUser() else { return nil }
        self.folder = folder
        self.address = address
        // Whoever was killed could not take its own address back.
        _ = try? folder.coordinators()
        isDone = (try? folder.publish(address)) != nil
    }

    /// Takes the address back.
    func withdraw() { if isDone { try? folder.withdraw(address) } }
}
