// The file by which the owner's other processes find a coordinator.

import SwoopLaunching
import SwoopModel

/// An address that was published, as long as it stands.
struct Publication: Sendable {
    private let folder: RuntimeFolder?
    private let address: CoordinatorAddress
    /// Why others cannot find it; nil: they can.
    let failure: LaunchError?

    /// Publishes, where the user has a runtime folder that is safe and can be written to.
    init(_ address: CoordinatorAddress) {
        self.address = address
        do throws(LaunchError) {
            let found = try RuntimeFolder.ofUser()
            // Whoever was killed could not take its own address back.
            _ = try? found.coordinators()
            try found.publish(address)
            folder = found
            failure = nil
        } catch {
            folder = nil
            failure = error
        }
    }

    /// Takes the address back.
    func withdraw() { try? folder?.withdraw(address) }

    /// Refuses a cluster that is for others, and that nobody could find.
    func expectDone() throws(SwoopError) {
        guard let failure else { return }
        throw SwoopError(
            .unreachable,
            "nobody could find the cluster, since its address could not be published: \(failure)")
    }
}
