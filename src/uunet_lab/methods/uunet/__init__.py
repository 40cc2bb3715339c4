"""UU-Net (Proença 2020): a public encoder U_e and a private decoder U_d."""
