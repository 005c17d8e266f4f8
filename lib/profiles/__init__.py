"""Named settings for a whole book: smoke, laptop, evidence, gpu-dry, gpu."""

from lib.profiles.profile import Profile, load_profile, profile_names

__all__ = ["Profile", "load_profile", "profile_names"]
