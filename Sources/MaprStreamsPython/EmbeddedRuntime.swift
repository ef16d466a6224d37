#if hasFeature(Embedded) && !canImport(Darwin)
    import CSystem

    /// What Embedded Swift seeds its hashes with. glibc has this function from 2.36 on, and the extension is to load with
    /// older ones.
    @_cdecl("arc4random_buf")
    func fillRandomly(_ buffer: UnsafeMutableRawPointer, _ count: Int) {
        var filled = 0
        while filled < count {
            // The most that one call gives.
            let part = min(count - filled, 256)
            // Without randomness a constant seed does: what is hashed here are names of properties.
            if getentropy(buffer + filled, part) != 0 { return }
            filled += part
        }
    }
#endif
