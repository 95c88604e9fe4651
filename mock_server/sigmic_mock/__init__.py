"""The reference platform: a behavioural twin of the hosted Sigmic AI platform, for laptops and for proof."""
